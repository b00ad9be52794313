//! The curve equations, to check points. Source: FIPS 186-4, D.1.2.1, D.1.2.3, D.1.2.4.

use super::modular::{add, from_le_bytes, is_below, multiply};
use crate::BootKeyKind;

/// Returns whether little-endian coordinates are a point on the curve.
pub(super) fn has_point(kind: BootKeyKind, x: &[u8], y: &[u8]) -> bool {
    match kind {
        BootKeyKind::Rsa3072 => false,
        BootKeyKind::EcdsaP192 => P192.has(x, y),
        BootKeyKind::EcdsaP256 => P256.has(x, y),
        BootKeyKind::EcdsaP384 => P384.has(x, y),
    }
}

/// y^2 = x^3 - 3x + b mod p.
struct Curve<const N: usize> {
    p: [u64; N],
    b: [u64; N],
}

impl<const N: usize> Curve<N> {
    fn has(&self, x: &[u8], y: &[u8]) -> bool {
        let p = &self.p;
        let (x, y) = (from_le_bytes(x), from_le_bytes(y));
        if !is_below(&x, p) || !is_below(&y, p) {
            return false;
        }
        let cube = multiply(&multiply(&x, &x, p), &x, p);
        let three = add(&add(&x, &x, p), &x, p);
        add(&multiply(&y, &y, p), &three, p) == add(&cube, &self.b, p)
    }
}

const P192: Curve<3> = Curve {
    p: [u64::MAX, u64::MAX - 1, u64::MAX],
    b: [0xFEB8_DEEC_C146_B9B1, 0x0FA7_E9AB_7224_3049, 0x6421_0519_E59C_80E7],
};

const P256: Curve<4> = Curve {
    p: [u64::MAX, 0x0000_0000_FFFF_FFFF, 0, 0xFFFF_FFFF_0000_0001],
    b: [
        0x3BCE_3C3E_27D2_604B,
        0x651D_06B0_CC53_B0F6,
        0xB3EB_BD55_7698_86BC,
        0x5AC6_35D8_AA3A_93E7,
    ],
};

const P384: Curve<6> = Curve {
    p: [
        0x0000_0000_FFFF_FFFF,
        0xFFFF_FFFF_0000_0000,
        u64::MAX - 1,
        u64::MAX,
        u64::MAX,
        u64::MAX,
    ],
    b: [
        0x2A85_C8ED_D3EC_2AEF,
        0xC656_398D_8A2E_D19D,
        0x0314_088F_5013_875A,
        0x181D_9C6E_FE81_4112,
        0x988E_056B_E3F8_2D19,
        0xB331_2FA7_E23E_E7E4,
    ],
};
