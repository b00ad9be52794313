use super::super::map::{EfuseField, field};

/// The fields of all revisions.
pub(in crate::efuse) const FIELDS: &[EfuseField] = &[
    field("WR_DIS", 0, 0, 32, None),
    field("RD_DIS", 0, 32, 7, Some(0)),
    field("DIS_ICACHE", 0, 40, 1, Some(2)),
    field("DIS_USB_JTAG", 0, 41, 1, Some(2)),
    field("POWERGLITCH_EN", 0, 42, 1, Some(2)),
    field("DIS_FORCE_DOWNLOAD", 0, 44, 1, Some(2)),
    field("SPI_DOWNLOAD_MSPI_DIS", 0, 45, 1, Some(2)),
    field("DIS_TWAI", 0, 46, 1, Some(2)),
    field("JTAG_SEL_ENABLE", 0, 47, 1, Some(2)),
    field("SOFT_DIS_JTAG", 0, 48, 3, Some(31)),
    field("DIS_PAD_JTAG", 0, 51, 1, Some(2)),
    field("DIS_DOWNLOAD_MANUAL_ENCRYPT", 0, 52, 1, Some(2)),
    field("USB_EXCHG_PINS", 0, 57, 1, Some(30)),
    field("VDD_SPI_AS_GPIO", 0, 58, 1, Some(30)),
    field("WDT_DELAY_SEL", 0, 80, 2, Some(3)),
    field("SPI_BOOT_CRYPT_CNT", 0, 82, 3, Some(4)),
    field("SECURE_BOOT_KEY_REVOKE0", 0, 85, 1, Some(5)),
    field("SECURE_BOOT_KEY_REVOKE1", 0, 86, 1, Some(6)),
    field("SECURE_BOOT_KEY_REVOKE2", 0, 87, 1, Some(7)),
    field("KEY_PURPOSE_0", 0, 88, 4, Some(8)),
    field("KEY_PURPOSE_1", 0, 92, 4, Some(9)),
    field("KEY_PURPOSE_2", 0, 96, 4, Some(10)),
    field("KEY_PURPOSE_3", 0, 100, 4, Some(11)),
    field("KEY_PURPOSE_4", 0, 104, 4, Some(12)),
    field("KEY_PURPOSE_5", 0, 108, 4, Some(13)),
    field("SEC_DPA_LEVEL", 0, 112, 2, Some(14)),
    field("CRYPT_DPA_ENABLE", 0, 115, 1, Some(14)),
    field("SECURE_BOOT_EN", 0, 116, 1, Some(15)),
    field("SECURE_BOOT_AGGRESSIVE_REVOKE", 0, 117, 1, Some(16)),
    field("POWERGLITCH_EN1", 0, 118, 5, Some(2)),
    field("FLASH_TPUW", 0, 124, 4, Some(18)),
    field("DIS_DOWNLOAD_MODE", 0, 128, 1, Some(18)),
    field("DIS_DIRECT_BOOT", 0, 129, 1, Some(18)),
    field("DIS_USB_SERIAL_JTAG_ROM_PRINT", 0, 130, 1, Some(18)),
    field("DIS_USB_SERIAL_JTAG_DOWNLOAD_MODE", 0, 132, 1, Some(18)),
    field("ENABLE_SECURITY_DOWNLOAD", 0, 133, 1, Some(18)),
    field("UART_PRINT_CONTROL", 0, 134, 2, Some(18)),
    field("FORCE_SEND_RESUME", 0, 136, 1, Some(18)),
    field("SECURE_VERSION", 0, 137, 16, Some(18)),
    field("SECURE_BOOT_DISABLE_FAST_WAKE", 0, 153, 1, Some(18)),
    field("HYS_EN_PAD0", 0, 154, 6, Some(19)),
    field("HYS_EN_PAD1", 0, 160, 22, Some(19)),
    field("WAFER_VERSION_MINOR", 1, 114, 3, Some(20)),
    field("WAFER_VERSION_MAJOR", 1, 117, 2, Some(20)),
    field("DISABLE_WAFER_VERSION_MAJOR", 1, 119, 1, Some(20)),
    field("PKG_VERSION", 1, 128, 3, Some(20)),
    field("BLK_VERSION_MINOR", 2, 130, 3, Some(21)),
    field("BLK_VERSION_MAJOR", 2, 133, 2, Some(21)),
    field("DISABLE_BLK_VERSION_MAJOR", 2, 135, 1, Some(21)),
];

/// The fields of revision 1.2 and later.
pub(in crate::efuse) const NEW_FIELDS: &[EfuseField] = &[
    field("ECDSA_CURVE_MODE", 0, 59, 2, Some(17)),
    field("ECC_FORCE_CONST_TIME", 0, 61, 1, Some(17)),
    field("XTS_DPA_PSEUDO_LEVEL", 0, 62, 2, Some(14)),
];

/// The fields of revisions before 1.2.
pub(in crate::efuse) const OLD_FIELDS: &[EfuseField] = &[field("ECDSA_FORCE_USE_HARDWARE_K", 0, 114, 1, Some(17))];
