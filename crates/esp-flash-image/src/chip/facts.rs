//! The chip table. A new chip needs a row here and a name in `Chip`.

use super::{
    BootCurve, BootScheme, ChipFacts, ChipRevision, EcdsaFact, EfuseNames, EfuseValue, KeyAssignment, KeyBlocks,
    SecureBootFact,
};
use crate::EncryptionScheme::{Esp32, Xts128, Xts128Derived, Xts256};

pub(super) const ESP32: ChipFacts = ChipFacts {
    name: "esp32",
    image_id: 0,
    bootloader_offset: 0x1000,
    mmu_page_sizes: PAGES_64K,
    encryption: &[Esp32],
    encrypted_write_step: 32,
    secure_boot: &[
        SecureBootFact {
            min_revision: ChipRevision::row(3, 0),
            max_keys: 1,
            ..RSA
        },
        SecureBootFact {
            scheme: BootScheme::V1,
            curves: P256,
            max_keys: 1,
            ..RSA
        },
    ],
    key_blocks: KeyBlocks {
        names: &["BLOCK1", "BLOCK2", "BLOCK3"],
        assignment: KeyAssignment::Fixed,
        flash_encryption: Some("flash_encryption"),
        secure_boot_v1: Some("secure_boot_v1"),
        secure_boot_v2: Some("secure_boot_v2"),
        digest_purposes: &[],
        ..BLOCKS
    },
    efuses: EfuseNames {
        crypt_count: "FLASH_CRYPT_CNT",
        crypt_count_bits: 7,
        crypt_config: Some("FLASH_CRYPT_CONFIG"),
        secure_boot_v1: Some("ABS_DONE_0"),
        secure_boot_v2: Some("ABS_DONE_1"),
        revoke: &[],
        aggressive_revoke: None,
        development: &bits([
            "DISABLE_DL_DECRYPT",
            "DISABLE_DL_CACHE",
            "JTAG_DISABLE",
            "CONSOLE_DEBUG_DISABLE",
        ]),
        release: &bits([
            "DISABLE_DL_ENCRYPT",
            "DISABLE_DL_DECRYPT",
            "DISABLE_DL_CACHE",
            "JTAG_DISABLE",
            "CONSOLE_DEBUG_DISABLE",
        ]),
        secure_boot: &bits(["JTAG_DISABLE", "CONSOLE_DEBUG_DISABLE"]),
        read_protection: "RD_DIS",
        cache: Some("DIS_CACHE"),
        download_off: "UART_DOWNLOAD_DIS",
        secure_download: None,
        pseudo_rounds: None,
    },
    hmac: false,
    ds_bits: None,
    ecdsa_peripheral: &[],
    nvs_hmac: false,
    pseudo_round_min_revision: None,
};

pub(super) const ESP32C2: ChipFacts = ChipFacts {
    name: "esp32c2",
    image_id: 12,
    mmu_page_sizes: &[0x4000, 0x8000, 0x1_0000],
    // The plain key takes the whole block, which leaves no room for secure boot.
    encryption: &[Xts128Derived, Xts128],
    secure_boot: &[SecureBootFact {
        curves: P192_P256,
        max_keys: 1,
        ..ECDSA
    }],
    key_blocks: KeyBlocks {
        names: &["BLOCK_KEY0"],
        assignment: KeyAssignment::Shared,
        digest_purposes: &["SECURE_BOOT_DIGEST"],
        ..BLOCKS
    },
    efuses: EfuseNames {
        revoke: &[],
        aggressive_revoke: None,
        development: &bits(["DIS_DOWNLOAD_ICACHE", "DIS_PAD_JTAG", "DIS_DIRECT_BOOT"]),
        release: &bits([
            "DIS_DOWNLOAD_MANUAL_ENCRYPT",
            "DIS_DOWNLOAD_ICACHE",
            "DIS_PAD_JTAG",
            "DIS_DIRECT_BOOT",
        ]),
        secure_boot: &bits(["DIS_DIRECT_BOOT", "DIS_PAD_JTAG"]),
        cache: None,
        ..EFUSES
    },
    hmac: false,
    ds_bits: None,
    nvs_hmac: false,
    ..CHIP
};

pub(super) const ESP32C3: ChipFacts = ChipFacts {
    name: "esp32c3",
    image_id: 5,
    secure_boot: &[SecureBootFact {
        min_revision: ChipRevision::row(0, 3),
        ..RSA
    }],
    key_blocks: KeyBlocks {
        without_encryption_key: KEY5,
        ..BLOCKS
    },
    efuses: EfuseNames {
        development: ICACHE_DEVELOPMENT,
        release: ICACHE_RELEASE,
        ..EFUSES
    },
    ..CHIP
};

pub(super) const ESP32C5: ChipFacts = ChipFacts {
    name: "esp32c5",
    image_id: 23,
    bootloader_offset: 0x2000,
    secure_boot: &[
        SecureBootFact {
            min_revision: ChipRevision::row(0, 1),
            ..RSA
        },
        SecureBootFact {
            curves: P256_P384,
            insecure: ECDSA_INSECURE,
            ..ECDSA
        },
    ],
    efuses: EfuseNames {
        pseudo_rounds: Some("XTS_DPA_PSEUDO_LEVEL"),
        ..EFUSES
    },
    ecdsa_peripheral: &[curve(BootCurve::P192), curve(BootCurve::P256), curve(BootCurve::P384)],
    pseudo_round_min_revision: ChipRevision::row(0, 0),
    ..CHIP
};

pub(super) const ESP32C6: ChipFacts = ChipFacts {
    name: "esp32c6",
    image_id: 13,
    mmu_page_sizes: PAGES_8K_TO_64K,
    secure_boot: &[
        RSA,
        SecureBootFact {
            curves: P192_P256,
            ..ECDSA
        },
    ],
    key_blocks: KeyBlocks {
        without_encryption_key: KEY5,
        ..BLOCKS
    },
    efuses: EfuseNames {
        development: ICACHE_DEVELOPMENT,
        release: ICACHE_RELEASE,
        ..EFUSES
    },
    ..CHIP
};

pub(super) const ESP32C61: ChipFacts = ChipFacts {
    name: "esp32c61",
    image_id: 20,
    mmu_page_sizes: PAGES_8K_TO_64K,
    secure_boot: &[SecureBootFact {
        curves: P192_P256,
        insecure: ECDSA_INSECURE,
        ..ECDSA
    }],
    efuses: EfuseNames {
        pseudo_rounds: Some("XTS_DPA_PSEUDO_LEVEL"),
        // The chip has no SOFT_DIS_JTAG.
        secure_boot: &bits(["DIS_DIRECT_BOOT", "DIS_PAD_JTAG", "DIS_USB_JTAG"]),
        ..EFUSES
    },
    hmac: false,
    ds_bits: None,
    ecdsa_peripheral: &[curve(BootCurve::P192), curve(BootCurve::P256)],
    nvs_hmac: false,
    pseudo_round_min_revision: ChipRevision::row(0, 0),
    ..CHIP
};

pub(super) const ESP32H2: ChipFacts = ChipFacts {
    name: "esp32h2",
    image_id: 16,
    mmu_page_sizes: PAGES_8K_TO_64K,
    secure_boot: &[
        RSA,
        SecureBootFact {
            curves: P192_P256,
            insecure: ECDSA_INSECURE,
            ..ECDSA
        },
    ],
    key_blocks: KeyBlocks {
        without_encryption_key: KEY5,
        without_ecdsa_key: KEY5,
        ..BLOCKS
    },
    efuses: EfuseNames {
        pseudo_rounds: Some("XTS_DPA_PSEUDO_LEVEL"),
        development: &bits(["DIS_PAD_JTAG", "DIS_USB_JTAG", "DIS_DIRECT_BOOT"]),
        release: &bits([
            "DIS_DOWNLOAD_MANUAL_ENCRYPT",
            "DIS_PAD_JTAG",
            "DIS_USB_JTAG",
            "DIS_DIRECT_BOOT",
        ]),
        ..EFUSES
    },
    ecdsa_peripheral: &[curve(BootCurve::P192), curve(BootCurve::P256)],
    pseudo_round_min_revision: ChipRevision::row(1, 2),
    ..CHIP
};

pub(super) const ESP32H21: ChipFacts = ChipFacts {
    name: "esp32h21",
    image_id: 25,
    mmu_page_sizes: PAGES_8K_TO_64K,
    efuses: EfuseNames {
        pseudo_rounds: Some("XTS_DPA_PSEUDO_LEVEL"),
        ..EFUSES
    },
    ecdsa_peripheral: &[curve(BootCurve::P192), curve(BootCurve::P256)],
    pseudo_round_min_revision: ChipRevision::row(0, 0),
    ..CHIP
};

pub(super) const ESP32H4: ChipFacts = ChipFacts {
    name: "esp32h4",
    image_id: 28,
    bootloader_offset: 0x2000,
    mmu_page_sizes: PAGES_8K_TO_64K,
    encryption: &[Xts256, Xts128],
    // ESP-IDF does not support secure boot on this chip yet.
    secure_boot: &[],
    key_blocks: KeyBlocks {
        without_encryption_key: KEY5,
        ..BLOCKS
    },
    efuses: EfuseNames {
        pseudo_rounds: Some("XTS_DPA_PSEUDO_LEVEL"),
        cache: None,
        ..EFUSES
    },
    ds_bits: None,
    ecdsa_peripheral: &[curve(BootCurve::P192), curve(BootCurve::P256), curve(BootCurve::P384)],
    pseudo_round_min_revision: ChipRevision::row(0, 0),
    ..CHIP
};

pub(super) const ESP32P4: ChipFacts = ChipFacts {
    name: "esp32p4",
    image_id: 18,
    bootloader_offset: 0x2000,
    encryption: &[Xts256, Xts128],
    secure_boot: &[
        RSA,
        SecureBootFact {
            curves: P256,
            insecure: ECDSA_INSECURE,
            ..ECDSA
        },
        SecureBootFact {
            curves: P256_P384,
            min_revision: ChipRevision::row(3, 0),
            insecure: ECDSA_INSECURE,
            ..ECDSA
        },
    ],
    efuses: EfuseNames {
        pseudo_rounds: Some("XTS_DPA_PSEUDO_LEVEL"),
        cache: None,
        ..EFUSES
    },
    ds_bits: Some(4096),
    ecdsa_peripheral: &[
        curve(BootCurve::P192),
        curve(BootCurve::P256),
        EcdsaFact {
            curve: BootCurve::P384,
            min_revision: ChipRevision::row(3, 0),
        },
    ],
    pseudo_round_min_revision: ChipRevision::row(3, 0),
    ..CHIP
};

pub(super) const ESP32S2: ChipFacts = ChipFacts {
    name: "esp32s2",
    image_id: 2,
    bootloader_offset: 0x1000,
    encryption: &[Xts256, Xts128],
    efuses: EfuseNames {
        development: &bits([
            "DIS_DOWNLOAD_ICACHE",
            "DIS_DOWNLOAD_DCACHE",
            "HARD_DIS_JTAG",
            "DIS_BOOT_REMAP",
            "DIS_LEGACY_SPI_BOOT",
        ]),
        release: &bits([
            "DIS_DOWNLOAD_MANUAL_ENCRYPT",
            "DIS_DOWNLOAD_ICACHE",
            "DIS_DOWNLOAD_DCACHE",
            "HARD_DIS_JTAG",
            "DIS_BOOT_REMAP",
            "DIS_LEGACY_SPI_BOOT",
        ]),
        secure_boot: &bits([
            "DIS_BOOT_REMAP",
            "DIS_LEGACY_SPI_BOOT",
            "HARD_DIS_JTAG",
            "SOFT_DIS_JTAG",
        ]),
        ..EFUSES
    },
    ds_bits: Some(4096),
    ..CHIP
};

pub(super) const ESP32S3: ChipFacts = ChipFacts {
    name: "esp32s3",
    image_id: 9,
    encryption: &[Xts256, Xts128],
    key_blocks: KeyBlocks {
        without_encryption_key: KEY5,
        ..BLOCKS
    },
    efuses: EfuseNames {
        development: &bits([
            "DIS_DOWNLOAD_ICACHE",
            "DIS_DOWNLOAD_DCACHE",
            "DIS_PAD_JTAG",
            "DIS_USB_JTAG",
            "DIS_DIRECT_BOOT",
        ]),
        release: &bits([
            "DIS_DOWNLOAD_MANUAL_ENCRYPT",
            "DIS_DOWNLOAD_ICACHE",
            "DIS_DOWNLOAD_DCACHE",
            "DIS_PAD_JTAG",
            "DIS_USB_JTAG",
            "DIS_DIRECT_BOOT",
        ]),
        ..EFUSES
    },
    ds_bits: Some(4096),
    ..CHIP
};

pub(super) const ESP32S31: ChipFacts = ChipFacts {
    name: "esp32s31",
    image_id: 32,
    bootloader_offset: 0x2000,
    mmu_page_sizes: &[0x8000, 0x1_0000, 0x2_0000, 0x4_0000],
    encryption: &[Xts256, Xts128],
    key_blocks: KeyBlocks {
        names: &["BLOCK_KEY0", "BLOCK_KEY1", "BLOCK_KEY2", "BLOCK_KEY3", "BLOCK_KEY4"],
        ..BLOCKS
    },
    efuses: EfuseNames {
        pseudo_rounds: Some("XTS_DPA_PSEUDO_LEVEL"),
        cache: None,
        ..EFUSES
    },
    ds_bits: Some(4096),
    ecdsa_peripheral: &[curve(BootCurve::P192), curve(BootCurve::P256), curve(BootCurve::P384)],
    pseudo_round_min_revision: ChipRevision::row(0, 0),
    ..CHIP
};

/// The properties shared by most chips; each row lists its differences.
const CHIP: ChipFacts = ChipFacts {
    name: "",
    image_id: u16::MAX,
    bootloader_offset: 0,
    mmu_page_sizes: PAGES_64K,
    encryption: &[Xts128],
    encrypted_write_step: 16,
    secure_boot: &[RSA],
    key_blocks: BLOCKS,
    efuses: EFUSES,
    hmac: true,
    ds_bits: Some(3072),
    ecdsa_peripheral: &[],
    nvs_hmac: true,
    pseudo_round_min_revision: None,
};

const BLOCKS: KeyBlocks = KeyBlocks {
    names: &[
        "BLOCK_KEY0",
        "BLOCK_KEY1",
        "BLOCK_KEY2",
        "BLOCK_KEY3",
        "BLOCK_KEY4",
        "BLOCK_KEY5",
    ],
    assignment: KeyAssignment::Purpose,
    flash_encryption: None,
    secure_boot_v1: None,
    secure_boot_v2: None,
    without_encryption_key: &[],
    without_ecdsa_key: &[],
    digest_purposes: &["SECURE_BOOT_DIGEST0", "SECURE_BOOT_DIGEST1", "SECURE_BOOT_DIGEST2"],
};

const EFUSES: EfuseNames = EfuseNames {
    crypt_count: "SPI_BOOT_CRYPT_CNT",
    crypt_count_bits: 3,
    crypt_config: None,
    secure_boot_v1: None,
    secure_boot_v2: Some("SECURE_BOOT_EN"),
    revoke: &[
        "SECURE_BOOT_KEY_REVOKE0",
        "SECURE_BOOT_KEY_REVOKE1",
        "SECURE_BOOT_KEY_REVOKE2",
    ],
    aggressive_revoke: Some("SECURE_BOOT_AGGRESSIVE_REVOKE"),
    development: &bits([
        "SPI_DOWNLOAD_MSPI_DIS",
        "DIS_PAD_JTAG",
        "DIS_USB_JTAG",
        "DIS_DIRECT_BOOT",
    ]),
    release: &bits([
        "DIS_DOWNLOAD_MANUAL_ENCRYPT",
        "SPI_DOWNLOAD_MSPI_DIS",
        "DIS_PAD_JTAG",
        "DIS_USB_JTAG",
        "DIS_DIRECT_BOOT",
    ]),
    secure_boot: &[
        EfuseValue {
            name: "DIS_DIRECT_BOOT",
            value: 1,
        },
        EfuseValue {
            name: "DIS_PAD_JTAG",
            value: 1,
        },
        EfuseValue {
            name: "DIS_USB_JTAG",
            value: 1,
        },
        EfuseValue {
            name: "SOFT_DIS_JTAG",
            value: 7,
        },
    ],
    read_protection: "RD_DIS",
    cache: Some("DIS_ICACHE"),
    download_off: "DIS_DOWNLOAD_MODE",
    secure_download: Some("ENABLE_SECURITY_DOWNLOAD"),
    pseudo_rounds: None,
};

const RSA: SecureBootFact = SecureBootFact {
    scheme: BootScheme::V2Rsa,
    curves: &[],
    min_revision: None,
    max_keys: 3,
    insecure: None,
};

const ECDSA: SecureBootFact = SecureBootFact {
    scheme: BootScheme::V2Ecdsa,
    ..RSA
};

/// The chips for which ESP-IDF sets SECURE_BOOT_V2_ECDSA_INSECURE.
const ECDSA_INSECURE: Option<&str> = Some(
    "ESP-IDF marks ECDSA secure boot as insecure on this chip (SECURE_BOOT_V2_ECDSA_INSECURE): according to its \
     errata, the ECDSA verification of the hardware does not work for all inputs",
);

const ICACHE_DEVELOPMENT: &[EfuseValue] =
    &bits(["DIS_DOWNLOAD_ICACHE", "DIS_PAD_JTAG", "DIS_USB_JTAG", "DIS_DIRECT_BOOT"]);
const ICACHE_RELEASE: &[EfuseValue] = &bits([
    "DIS_DOWNLOAD_MANUAL_ENCRYPT",
    "DIS_DOWNLOAD_ICACHE",
    "DIS_PAD_JTAG",
    "DIS_USB_JTAG",
    "DIS_DIRECT_BOOT",
]);

const PAGES_64K: &[u32] = &[0x1_0000];
const PAGES_8K_TO_64K: &[u32] = &[0x2000, 0x4000, 0x8000, 0x1_0000];
const P256: &[BootCurve] = &[BootCurve::P256];
const P192_P256: &[BootCurve] = &[BootCurve::P192, BootCurve::P256];
const P256_P384: &[BootCurve] = &[BootCurve::P256, BootCurve::P384];
const KEY5: &[&str] = &["BLOCK_KEY5"];

const fn curve(curve: BootCurve) -> EcdsaFact {
    EcdsaFact {
        curve,
        min_revision: None,
    }
}

/// Single bits to set.
#[expect(clippy::indexing_slicing, reason = "below N, and at compile time")]
const fn bits<const N: usize>(names: [&'static str; N]) -> [EfuseValue; N] {
    let mut values = [EfuseValue { name: "", value: 1 }; N];
    let mut index = 0;
    while index < N {
        values[index].name = names[index];
        index += 1;
    }
    values
}
