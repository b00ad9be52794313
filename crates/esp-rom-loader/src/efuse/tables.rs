//! The eFuse tables of the chips. The fields of each chip are in a file with its name.

mod esp32;
mod esp32c2;
mod esp32c3;
mod esp32c5;
mod esp32c6;
mod esp32c61;
mod esp32h2;
mod esp32p4;
mod esp32s2;
mod esp32s3;

use esp_flash_image::Chip;

use super::map::{BlockCoding, EfuseBlock, EfuseMap, EfuseRegisters, Purpose, TimingField};

pub(super) const ESP32: EfuseMap = EfuseMap {
    chip: Chip::Esp32,
    fields: &[esp32::FIELDS],
    blocks: &[
        block("BLOCK0", "BLOCK0", 0, 7, 0x00).programmed_at(0x1C),
        block("BLOCK1", "flash_encryption", 1, 8, 0x38)
            .programmed_at(0x98)
            .key(7, 1),
        block("BLOCK2", "secure_boot", 2, 8, 0x58).programmed_at(0xB8).key(8, 2),
        block("BLOCK3", "custom_mac", 3, 8, 0x78).programmed_at(0xD8).key(9, 4),
    ],
    purposes: &[
        secret_reversed("flash_encryption", 0),
        secret_reversed("secure_boot_v1", 0),
        readable("secure_boot_v2", 0),
    ],
    registers: EfuseRegisters {
        base: 0x3FF5_A000,
        coding: BlockCoding::Esp32,
        conf: 0xFC,
        command: 0x104,
        repeat_errors: (0x11C, 1),
        rs_errors: (0, 0),
        // For the 40 MHz crystal; the 26 MHz crystal has other values.
        timing: &[
            timing(0x118, 0xFF, 80),
            timing(0xF8, 0xFF, 160),
            timing(0xF8, 0xFF00, 0xFF00),
        ],
        size: 0x120,
    },
    mac: (0, 1),
    mac_extension: false,
};

pub(super) const ESP32C2: EfuseMap = EfuseMap {
    chip: Chip::Esp32c2,
    fields: &[esp32c2::FIELDS],
    blocks: &[
        block("BLOCK0", "BLOCK0", 0, 2, 0x2C),
        block("BLOCK1", "BLOCK1", 1, 3, 0x34).write_protected(5),
        block("BLOCK2", "BLOCK2", 2, 8, 0x40).write_protected(6),
        block("BLOCK_KEY0", "BLOCK3", 3, 8, 0x60).key(7, 0b11),
    ],
    purposes: &[
        readable("USER", 0),
        secret_reversed("XTS_AES_128_KEY", 1),
        secret_reversed("XTS_AES_128_KEY_DERIVED_FROM_128_EFUSE_BITS", 2),
        readable("SECURE_BOOT_DIGEST", 3),
    ],
    registers: EfuseRegisters {
        base: 0x6000_8800,
        conf: 0x8C,
        command: 0x94,
        repeat_errors: (0x80, 1),
        rs_errors: (0x84, 1),
        timing: &[
            timing(0x108, 0x1_FE00, 0xFF << 9),
            timing(0x108, 0xFF, 0x28),
            timing(0x114, 0xFF_FF00, 0x3000 << 8),
            timing(0x118, 0xFFFF, 0x190),
            // TPGM_INACTIVE: 5 per MHz of the crystal.
            timing(0x110, 0xFF00, 200 << 8),
        ],
        ..REGISTERS
    },
    mac: (2, 0),
    mac_extension: false,
};

pub(super) const ESP32C3: EfuseMap = EfuseMap {
    chip: Chip::Esp32c3,
    fields: &[esp32c3::FIELDS],
    registers: REGISTERS,
    ..MAP
};

pub(super) const ESP32C5: EfuseMap = EfuseMap {
    chip: Chip::Esp32c5,
    fields: &[esp32c5::FIELDS],
    purposes: C5_PURPOSES,
    registers: EfuseRegisters {
        base: 0x600B_4800,
        command: 0x1D8,
        rs_errors: (0x190, 2),
        timing: TIMING_C5,
        ..REGISTERS
    },
    mac_extension: true,
    ..MAP
};

pub(super) const ESP32C6: EfuseMap = EfuseMap {
    chip: Chip::Esp32c6,
    fields: &[esp32c6::FIELDS],
    registers: EfuseRegisters {
        base: 0x600B_0800,
        ..REGISTERS
    },
    mac_extension: true,
    ..MAP
};

pub(super) const ESP32C61: EfuseMap = EfuseMap {
    chip: Chip::Esp32c61,
    fields: &[esp32c61::FIELDS],
    purposes: &[
        readable("USER", 0),
        ECDSA,
        ECDSA_P256,
        secret_reversed("XTS_AES_128_KEY", 4),
        readable("SECURE_BOOT_DIGEST0", 9),
        readable("SECURE_BOOT_DIGEST1", 10),
        readable("SECURE_BOOT_DIGEST2", 11),
    ],
    registers: EfuseRegisters {
        base: 0x600B_4800,
        ..REGISTERS
    },
    ..MAP
};

pub(super) const ESP32H2: EfuseMap = EfuseMap {
    chip: Chip::Esp32h2,
    fields: &[esp32h2::FIELDS, esp32h2::NEW_FIELDS],
    purposes: H2_PURPOSES,
    registers: EfuseRegisters {
        base: 0x600B_0800,
        ..REGISTERS
    },
    mac_extension: true,
    ..MAP
};

pub(super) const ESP32H2_OLD: EfuseMap = EfuseMap {
    fields: &[esp32h2::FIELDS, esp32h2::OLD_FIELDS],
    ..ESP32H2
};

pub(super) const ESP32P4: EfuseMap = EfuseMap {
    chip: Chip::Esp32p4,
    fields: &[esp32p4::FIELDS, esp32p4::NEW_FIELDS],
    purposes: P4_PURPOSES,
    registers: EfuseRegisters {
        base: 0x5012_D000,
        // ESP-IDF keeps the hardware's default times.
        timing: &[],
        ..REGISTERS
    },
    ..MAP
};

pub(super) const ESP32P4_OLD: EfuseMap = EfuseMap {
    fields: &[esp32p4::FIELDS, esp32p4::OLD_FIELDS],
    purposes: P4_OLD_PURPOSES,
    ..ESP32P4
};

pub(super) const ESP32S2: EfuseMap = EfuseMap {
    chip: Chip::Esp32s2,
    fields: &[esp32s2::FIELDS],
    purposes: XTS_256_PURPOSES,
    registers: EfuseRegisters {
        base: 0x3F41_A000,
        rs_errors: (0x194, 2),
        timing: &[
            timing(0x1F4, 0xFF, 1),
            timing(0x1F0, 0xFFFF_0000, 0x190 << 16),
            timing(0x1F0, 0xFF, 1),
            timing(0x1F0, 0xFF00, 2 << 8),
            timing(0x1E8, 0xFF, 0x50),
            timing(0x1F4, 0xFF_FF00, 0x5100 << 8),
            timing(0x1F8, 0xFFFF, 0x80),
            timing(0x1EC, 0xFF00, 2 << 8),
            timing(0x1EC, 0xFF, 1),
        ],
        ..REGISTERS
    },
    ..MAP
};

pub(super) const ESP32S3: EfuseMap = EfuseMap {
    chip: Chip::Esp32s3,
    fields: &[esp32s3::FIELDS],
    purposes: XTS_256_PURPOSES,
    registers: EfuseRegisters {
        base: 0x6000_7000,
        timing: &[
            timing(0x1E8, 0x1_FE00, 0xFF << 9),
            timing(0x1E8, 0xFF, 0x28),
            timing(0x1F4, 0xFF_FF00, 0x3000 << 8),
            timing(0x1F8, 0xFFFF, 0x190),
        ],
        ..REGISTERS
    },
    ..MAP
};

/// The properties shared by most chips.
const MAP: EfuseMap = EfuseMap {
    chip: Chip::Esp32c3,
    fields: &[],
    blocks: RS_BLOCKS,
    purposes: PURPOSES,
    registers: REGISTERS,
    mac: (1, 0),
    mac_extension: false,
};

/// The registers of the ESP32-C3.
const REGISTERS: EfuseRegisters = EfuseRegisters {
    base: 0x6000_8800,
    coding: BlockCoding::ReedSolomon,
    conf: 0x1CC,
    command: 0x1D4,
    repeat_errors: (0x17C, 5),
    rs_errors: (0x1C0, 2),
    timing: &[
        timing(0x1E8, 0x1_FE00, 0xFF << 9),
        timing(0x1E8, 0xFF, 0x28),
        timing(0x1F0, 0xFF_FF00, 0x3000 << 8),
        timing(0x1F4, 0xFFFF, 0x190),
    ],
    size: 0x200,
};

const TIMING_C5: &[TimingField] = &[
    timing(0x1EC, 0x1_FE00, 0xFF << 9),
    timing(0x1EC, 0xFF, 0x28),
    timing(0x1F4, 0xFF_FF00, 0x3000 << 8),
    timing(0x1F8, 0xFFFF, 0x190),
];

const RS_BLOCKS: &[EfuseBlock] = &[
    block("BLOCK0", "BLOCK0", 0, 6, 0x2C),
    block("BLOCK1", "MAC_SPI_8M_0", 1, 6, 0x44).write_protected(20),
    block("BLOCK2", "BLOCK_SYS_DATA", 2, 8, 0x5C).write_protected(21),
    block("BLOCK_USR_DATA", "BLOCK3", 3, 8, 0x7C).write_protected(22),
    block("BLOCK_KEY0", "BLOCK4", 4, 8, 0x9C).key(23, 1),
    block("BLOCK_KEY1", "BLOCK5", 5, 8, 0xBC).key(24, 1 << 1),
    block("BLOCK_KEY2", "BLOCK6", 6, 8, 0xDC).key(25, 1 << 2),
    block("BLOCK_KEY3", "BLOCK7", 7, 8, 0xFC).key(26, 1 << 3),
    block("BLOCK_KEY4", "BLOCK8", 8, 8, 0x11C).key(27, 1 << 4),
    block("BLOCK_KEY5", "BLOCK9", 9, 8, 0x13C).key(28, 1 << 5),
    block("BLOCK_SYS_DATA2", "BLOCK10", 10, 8, 0x15C)
        .write_protected(29)
        .read_protected(1 << 6),
];

/// Lists the key purposes of a chip in the order of their numbers: those that the ESP32-S2 and most later chips share, and its
/// own before and after them.
macro_rules! purposes {
    ([$($before:expr),*], [$($after:expr),*]) => {
        &[
            readable("USER", 0),
            $($before,)*
            secret_reversed("XTS_AES_128_KEY", 4),
            secret_as_is("HMAC_DOWN_ALL", 5),
            secret_as_is("HMAC_DOWN_JTAG", 6),
            secret_as_is("HMAC_DOWN_DIGITAL_SIGNATURE", 7),
            secret_as_is("HMAC_UP", 8),
            readable("SECURE_BOOT_DIGEST0", 9),
            readable("SECURE_BOOT_DIGEST1", 10),
            readable("SECURE_BOOT_DIGEST2", 11),
            $($after,)*
        ]
    };
}

const PURPOSES: &[Purpose] = purposes!([], []);
const XTS_256_PURPOSES: &[Purpose] = purposes!([XTS_256_1, XTS_256_2], []);
const H2_PURPOSES: &[Purpose] = purposes!([ECDSA], []);
const P4_OLD_PURPOSES: &[Purpose] = purposes!([ECDSA, XTS_256_1, XTS_256_2], [KM_INIT]);
const C5_PURPOSES: &[Purpose] = purposes!([ECDSA, ECDSA_P256], [KM_INIT, ECDSA_P192, ECDSA_P384_L, ECDSA_P384_H]);
const P4_PURPOSES: &[Purpose] = purposes!(
    [ECDSA, ECDSA_P256, XTS_256_1, XTS_256_2],
    [KM_INIT, ECDSA_P192, ECDSA_P384_L, ECDSA_P384_H]
);

const ECDSA: Purpose = secret_reversed("ECDSA_KEY", 1);
const ECDSA_P256: Purpose = secret_reversed("ECDSA_KEY_P256", 1);
const XTS_256_1: Purpose = secret_reversed("XTS_AES_256_KEY_1", 2);
const XTS_256_2: Purpose = secret_reversed("XTS_AES_256_KEY_2", 3);
const KM_INIT: Purpose = secret_as_is("KM_INIT_KEY", 12);
const ECDSA_P192: Purpose = secret_reversed("ECDSA_KEY_P192", 16);
const ECDSA_P384_L: Purpose = secret_reversed("ECDSA_KEY_P384_L", 17);
const ECDSA_P384_H: Purpose = secret_reversed("ECDSA_KEY_P384_H", 18);

const fn block(name: &'static str, alias: &'static str, index: u8, words: u8, read: u16) -> EfuseBlock {
    EfuseBlock {
        name,
        alias,
        index,
        words,
        read,
        program: 0,
        write_protect: None,
        read_protect: 0,
        key: false,
    }
}

impl EfuseBlock {
    const fn programmed_at(mut self, offset: u16) -> Self {
        self.program = offset;
        self
    }

    const fn write_protected(mut self, bit: u8) -> Self {
        self.write_protect = Some(bit);
        self
    }

    const fn read_protected(mut self, mask: u8) -> Self {
        self.read_protect = mask;
        self
    }

    const fn key(self, write_protect: u8, read_protect: u8) -> Self {
        let mut block = self.write_protected(write_protect).read_protected(read_protect);
        block.key = true;
        block
    }
}

const fn timing(register: u16, mask: u32, value: u32) -> TimingField {
    TimingField { register, mask, value }
}

const fn readable(name: &'static str, number: u8) -> Purpose {
    Purpose {
        name,
        number,
        secret: false,
        reversed: false,
    }
}

const fn secret_as_is(name: &'static str, number: u8) -> Purpose {
    Purpose {
        secret: true,
        ..readable(name, number)
    }
}

const fn secret_reversed(name: &'static str, number: u8) -> Purpose {
    Purpose {
        reversed: true,
        ..secret_as_is(name, number)
    }
}
