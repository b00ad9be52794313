//! Values that each type accepts and rejects, and their text.

use matter_types::{Discriminator, Error, Passcode, ProductId, Severity, ShortDiscriminator, VendorId};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

#[test]
fn vendor_id_accepts_exactly_1_to_0xfff4() {
    let accepted = (0..=u16::MAX)
        .filter(|&raw| VendorId::new(raw).is_ok())
        .collect::<Vec<_>>();
    assert_eq!(accepted, (0x0001..=0xFFF4).collect::<Vec<u16>>());
    assert_eq!("0x131B".parse::<VendorId>().map(VendorId::get), Ok(0x131B));
    assert_eq!(
        "65535".parse::<VendorId>(),
        Err(Error::VendorIdOutOfRange { value: 0xFFFF })
    );
    assert_eq!(
        "65537".parse::<VendorId>(),
        Err(Error::VendorIdOutOfRange { value: 65537 })
    );
    assert_eq!(VendorId::new(0x131B).unwrap().to_string(), "0x131B");
}

#[test]
fn test_vendors_are_the_four_of_the_specification() {
    let tests = (1..=0xFFF4)
        .filter(|&raw| VendorId::new(raw).unwrap().is_test())
        .collect::<Vec<_>>();
    assert_eq!(tests, [0xFFF1, 0xFFF2, 0xFFF3, 0xFFF4]);
}

#[test]
fn product_id_refuses_only_zero() {
    assert_eq!(ProductId::new(0), Err(Error::ProductIdOutOfRange { value: 0 }));
    assert!((1..=u16::MAX).all(|raw| ProductId::new(raw).map(ProductId::get) == Ok(raw)));
    assert_eq!(
        "65536".parse::<ProductId>(),
        Err(Error::ProductIdOutOfRange { value: 65536 })
    );
}

#[test]
fn discriminator_zero_is_zero_and_4096_is_refused() {
    assert_eq!("0".parse::<Discriminator>().map(Discriminator::get), Ok(0));
    assert_eq!("4095".parse::<Discriminator>(), Ok(Discriminator::MAX));
    assert_eq!(
        "4096".parse::<Discriminator>(),
        Err(Error::DiscriminatorOutOfRange { value: 4096 })
    );
    assert_eq!(
        "70000".parse::<Discriminator>(),
        Err(Error::DiscriminatorOutOfRange { value: 70000 })
    );
}

#[test]
fn short_discriminator_is_the_top_four_bits() {
    for raw in 0..=4095u16 {
        assert_eq!(u16::from(Discriminator::new(raw).unwrap().short().get()), raw >> 8);
    }
    assert_eq!(
        ShortDiscriminator::new(16),
        Err(Error::ShortDiscriminatorOutOfRange { value: 16 })
    );
}

#[test]
fn severities_are_named_in_order() {
    let names = [Severity::Note, Severity::Warning, Severity::Error].map(Severity::name);
    assert_eq!(names, ["note", "warning", "error"]);
    assert!(Severity::Note < Severity::Warning && Severity::Warning < Severity::Error);
}

#[test]
fn passcode_refuses_the_twelve_and_everything_outside() {
    // Typed from Matter Core Specification 5.1.7.1, not from the crate.
    for text in [
        "00000000", "11111111", "22222222", "33333333", "44444444", "55555555", "66666666", "77777777", "88888888",
        "99999999", "12345678", "87654321",
    ] {
        assert_eq!(text.parse::<Passcode>().unwrap_err(), Error::PasscodeTrivial, "{text}");
    }
    for text in [
        "100000000",
        "134217729",
        "4294967295",
        "4294967296",
        "99999999999999999999",
    ] {
        assert_eq!(
            text.parse::<Passcode>().unwrap_err(),
            Error::PasscodeOutOfRange,
            "{text}"
        );
    }
    for text in ["-5", "", "0x100000000", "1234567890a"] {
        assert_eq!(text.parse::<Passcode>().unwrap_err(), Error::NotANumber, "{text}");
    }
    assert!(Passcode::new(20_202_021).unwrap().is_of_examples());
    assert!(!Passcode::new(20_202_022).unwrap().is_of_examples());
    for (text, value) in [
        ("1", 1),
        ("00000001", 1),
        ("000000000001", 1),
        ("99999998", 99_999_998),
        ("20202021", 20_202_021),
    ] {
        assert_eq!(text.parse::<Passcode>().unwrap().expose(), value);
    }
}

#[test]
fn passcode_count_is_what_is_left() {
    let excluded = Passcode::TRIVIAL
        .iter()
        .filter(|&&p| (Passcode::MIN.expose()..=Passcode::MAX.expose()).contains(&p))
        .count();
    assert_eq!(
        Passcode::MAX.expose() - Passcode::MIN.expose() + 1 - u32::try_from(excluded).unwrap(),
        Passcode::COUNT
    );
}

#[test]
fn passcode_is_never_shown() {
    let passcode = Passcode::new(20_202_021).unwrap();
    assert_eq!(format!("{passcode:?}"), "Passcode([elided])");
    for text in ["100000000", "87654321", "-5"] {
        let error = text.parse::<Passcode>().unwrap_err();
        assert!(
            !format!("{error:?}").contains(text),
            "an error's Debug must not repeat the input"
        );
    }
    assert!(!Error::PasscodeOutOfRange.to_string().contains("100000000"));
}

#[test]
fn generated_passcodes_are_spread_over_the_legal_range() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let mut tenths = [0u32; 10];
    for _ in 0..20_000 {
        let raw = Passcode::generate(&mut rng).expose();
        assert!(Passcode::new(raw).is_ok());
        tenths[usize::try_from(raw / 10_000_000).unwrap()] += 1;
    }
    // 2,000 are expected in each tenth; five standard deviations are about 210.
    assert!(tenths.iter().all(|&n| (1790..=2210).contains(&n)), "{tenths:?}");
}

#[test]
fn generated_discriminators_reach_both_ends() {
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let drawn = (0..100_000)
        .map(|_| Discriminator::generate(&mut rng).get())
        .collect::<std::collections::BTreeSet<_>>();
    assert_eq!(drawn.len(), 4096);
}

#[cfg(feature = "serde")]
#[test]
fn serde_uses_the_same_checks() {
    assert_eq!(serde_json::from_str::<VendorId>("4891").unwrap().get(), 0x131B);
    assert!(serde_json::from_str::<VendorId>("65535").is_err());
    assert!(serde_json::from_str::<Discriminator>("4096").is_err());
    assert_eq!(
        serde_json::to_string(&ProductId::new(0x8000).unwrap()).unwrap(),
        "32768"
    );
}

proptest! {
    #[test]
    fn parsing_any_text_never_panics(text in ".*") {
        let _ = text.parse::<Passcode>();
        let _ = text.parse::<VendorId>();
        let _ = text.parse::<ProductId>();
        let _ = text.parse::<Discriminator>();
        let _ = text.parse::<ShortDiscriminator>();
    }

    #[test]
    fn displayed_ids_parse_back(raw in 1u16..=0xFFF4) {
        let vendor = VendorId::new(raw).unwrap();
        let product = ProductId::new(raw).unwrap();
        prop_assert_eq!(vendor.to_string().parse::<VendorId>(), Ok(vendor));
        prop_assert_eq!(product.to_string().parse::<ProductId>(), Ok(product));
    }
}

#[test]
fn numbers_go_in_and_out() {
    let vendor = VendorId::try_from(0xFFF1).unwrap();
    assert_eq!(u16::from(vendor), 0xFFF1);
    let product = ProductId::try_from(0x8000).unwrap();
    assert_eq!(u16::from(product), 0x8000);
    let discriminator = Discriminator::try_from(3840).unwrap();
    assert_eq!(u16::from(discriminator), 3840);
    assert_eq!(u8::from(ShortDiscriminator::from(discriminator)), 15);
}

#[test]
fn passcodes_are_compared_in_constant_time() {
    use matter_types::subtle::ConstantTimeEq;

    let passcode = Passcode::new(20_202_021).unwrap();
    assert!(bool::from(passcode.ct_eq(&passcode.clone())));
    assert!(!bool::from(passcode.ct_eq(&Passcode::MAX)));
    assert_eq!(
        Passcode::new(Passcode::MAX.expose() + 2).unwrap_err(),
        Error::PasscodeOutOfRange
    );
    assert_eq!(
        Passcode::new(Passcode::MIN.expose() - 1).unwrap_err(),
        Error::PasscodeTrivial
    );
}
