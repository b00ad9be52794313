//! The signers and the products of a declaration.

use matter_attestation::Object::Cd;
use matter_attestation::Rule;

use super::der::{self, PRODUCT_ID, UTF8, VENDOR_ID};
use super::kit::{Kit, key_id, paas, products, u16_member};
use super::row::{Row, row};

/// Declares the origin of DAC and PAI.
fn origin(kit: &mut Kit, vendor: u16, product: u16) {
    kit.cd.set(9, u16_member(9, vendor));
    kit.cd.set(10, u16_member(10, product));
}

/// Sells the product under other ids than those of the DAC.
fn relabel(kit: &mut Kit) {
    kit.cd.set(1, u16_member(1, 0xFFF2));
    kit.cd.set(2, products(&[0x8005]));
    kit.product = (0xFFF2, 0x8005);
}

fn pai_of_product(kit: &mut Kit) {
    kit.rename_pai(der::name(&[(VENDOR_ID, UTF8, "FFF1"), (PRODUCT_ID, UTF8, "8000")]));
}

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row(
            Rule::CdTestKey,
            (Cd, 601),
            ("the test key, where it is not allowed", |kit| kit.test_key = false),
            ("where it is allowed", |kit| kit.test_key = true),
        ),
        row(
            Rule::CdTestKeyType,
            (Cd, 601),
            ("an official declaration signed with the test key", |kit| {
                kit.cd.set(8, vec![0x24, 8, 2]);
            }),
            ("a provisional one", |kit| kit.cd.set(8, vec![0x24, 8, 1])),
        ),
        row(
            Rule::CdSignature,
            (Cd, 602),
            ("signed with another key than the one named", |kit| kit.cd.signer = 9),
            ("with the key named", |_| {}),
        ),
        row(
            Rule::CdVendorId,
            (Cd, 604),
            ("the product's vendor is FFF2", |kit| kit.product.0 = 0xFFF2),
            ("the declared one", |kit| kit.product.0 = 0xFFF1),
        ),
        row(
            Rule::CdProductId,
            (Cd, 605),
            ("the product is 8001", |kit| kit.product.1 = 0x8001),
            ("one of two declared ones", |kit| {
                kit.product.1 = 0x8001;
                kit.cd.set(2, products(&[0x8000, 0x8001]));
            }),
        ),
        row(
            Rule::CdDacVendorId,
            (Cd, 604),
            ("a DAC of another vendor than the declared origin", |kit| {
                origin(kit, 0xFFF3, 0x8000);
            }),
            ("of the declared origin", |kit| {
                relabel(kit);
                origin(kit, 0xFFF1, 0x8000);
            }),
        )
        .also(&[(Rule::CdPaiVendorId, Cd)]),
        row(
            Rule::CdPaiVendorId,
            (Cd, 604),
            ("a PAI of another vendor, and no declared origin", |kit| {
                relabel(kit);
                kit.cd.set(2, products(&[0x8000, 0x8005]));
            }),
            ("with a declared origin", |kit| {
                relabel(kit);
                kit.cd.set(2, products(&[0x8000, 0x8005]));
                origin(kit, 0xFFF1, 0x8000);
            }),
        )
        .also(&[(Rule::CdDacVendorId, Cd)]),
        row(
            Rule::CdDacProductId,
            (Cd, 605),
            ("a DAC of another product than the declared origin", |kit| {
                origin(kit, 0xFFF1, 0x8001);
            }),
            ("of the declared origin", |kit| origin(kit, 0xFFF1, 0x8000)),
        ),
        row(
            Rule::CdDacProductId,
            (Cd, 605),
            ("a DAC of a product that is not declared", |kit| {
                kit.product.1 = 0x8001;
                kit.cd.set(2, products(&[0x8001]));
            }),
            ("of another declared product", |kit| {
                kit.product.1 = 0x8001;
                kit.cd.set(2, products(&[0x8000, 0x8001]));
            }),
        ),
        row(
            Rule::CdPaiProductId,
            (Cd, 605),
            ("a PAI of another product than the declared origin", |kit| {
                pai_of_product(kit);
                origin(kit, 0xFFF1, 0x8001);
            }),
            ("of the declared origin", |kit| {
                pai_of_product(kit);
                origin(kit, 0xFFF1, 0x8000);
            }),
        )
        .also(&[(Rule::CdDacProductId, Cd)]),
        row(
            Rule::CdPaiProductId,
            (Cd, 605),
            ("a PAI of a product that is not declared", |kit| {
                pai_of_product(kit);
                kit.product.1 = 0x8001;
                kit.cd.set(2, products(&[0x8001]));
            }),
            ("of a declared product", pai_of_product),
        )
        .also(&[(Rule::CdDacProductId, Cd)]),
        row(
            Rule::CdPaaNotAuthorized,
            (Cd, 606),
            ("a PAA that is not listed", |kit| {
                kit.cd.set(11, paas(&[key_id(2), vec![5; 20]]));
            }),
            ("that is listed", |kit| kit.cd.set(11, paas(&[vec![5; 20], key_id(1)]))),
        ),
    ]
}
