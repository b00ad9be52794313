//! Accepted and refused URIs.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use matter_signer::SignerUri;

fn refused(text: &str) -> String {
    text.parse::<SignerUri>().unwrap_err().to_string()
}

#[test]
fn paths_are_files() {
    for (text, path) in [
        ("key.pem", "key.pem"),
        ("/a/key 100%.pem", "/a/key 100%.pem"),
        ("C:\\keys\\pai.pem", "C:\\keys\\pai.pem"),
        ("file:key.pem", "key.pem"),
        ("file:/a/b%20c", "/a/b c"),
        ("file:///a/b", "/a/b"),
        ("file://localhost/a", "/a"),
        ("FILE:a", "a"),
    ] {
        let uri: SignerUri = text.parse().unwrap();
        assert_eq!(uri.key_file(), Some(Path::new(path)), "{text}");
        assert_eq!(uri.to_string(), text);
    }
    assert_eq!(
        refused("file://server/a"),
        "file in the URI names another host; use file:/PATH"
    );
    assert_eq!(refused("file:"), "file in the URI names no file");
    assert_eq!(refused(""), "the URI is empty");
}

#[test]
fn programs_are_files_and_never_looked_up() {
    for (text, path) in [
        ("exec:kms", "./kms"),
        ("exec:/a/k%20s?arg=a%26b&arg=", "/a/k s"),
        ("exec:x/y", "x/y"),
    ] {
        let uri: SignerUri = text.parse().unwrap();
        assert_eq!(uri.program(), Some(Path::new(path)), "{text}");
    }
    assert!(refused("exec:").contains("names no program"));
    assert!(refused("exec:a?key=1").contains("a parameter other than arg=TEXT"));
    assert!(refused("exec:a%0Ab").contains("control character"));
}

/// The examples of RFC 7512, 3, without PINs.
#[test]
fn examples_of_the_rfc_are_read() {
    let read = |text: &str| text.parse::<SignerUri>().unwrap().pkcs11().unwrap().clone();
    let empty = read("pkcs11:");
    assert_eq!((empty.object(), empty.id(), empty.module_name()), (None, None, None));
    let private = read("pkcs11:object=my-sign-key;type=private");
    assert_eq!(private.object(), Some("my-sign-key"));
    let token = read(
        "pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;manufacturer=Snake%20Oil,%20Inc.;model=1.0;\
         object=my-certificate;type=private;id=%69%95%3E%5C%F4%BD%EC%91;serial=?pin-source=file:/etc/token_pin",
    );
    assert_eq!(token.text("token"), Some("The Software PKCS#11 Softtoken"));
    assert_eq!(token.text("manufacturer"), Some("Snake Oil, Inc."));
    assert_eq!(token.text("serial"), Some(""));
    assert_eq!(token.id(), Some(&[0x69, 0x95, 0x3E, 0x5C, 0xF4, 0xBD, 0xEC, 0x91][..]));
    assert_eq!(token.pin_file(), Some(Path::new("/etc/token_pin")));
    let slot = read("pkcs11:slot-description=Sun%20Metaslot;slot-id=327");
    assert_eq!(
        (slot.text("slot-description"), slot.slot_id()),
        (Some("Sun Metaslot"), Some(327))
    );
    let module = read("pkcs11:object=a?module-name=snakeoil&module-path=/x/libmypkcs11.so.1&unknown=1&x-vendor=2");
    assert_eq!(module.module_name(), Some("snakeoil"));
    assert_eq!(module.module_path(), Some(Path::new("/x/libmypkcs11.so.1")));
}

#[test]
fn malformed_uris_are_refused_with_the_attribute() {
    for (rest, expected) in [
        ("object=a;object=b", "object in the URI is given twice"),
        ("id=%01;id=%01", "id in the URI is given twice"),
        ("type=private;type=private", "type in the URI is given twice"),
        ("a?module-name=x", "the URI has an attribute without '='"),
        ("?module-name=x&module-name=y", "module-name in the URI is given twice"),
        ("?pin-source=/a&pin-source=/b", "pin-source in the URI is given twice"),
        ("?pin-source=%7Ccat%20/pin", "pin-source in the URI is a command"),
        ("?pin-source=", "pin-source in the URI names no file"),
        ("type=cert", "type in the URI must be 'private'"),
        ("slot-id=0x1", "slot-id in the URI is not a decimal number"),
        ("slot-id=+1", "slot-id in the URI is not a decimal number"),
        (
            "slot-id=99999999999999999999999",
            "slot-id in the URI is not a decimal number",
        ),
        (
            "object=%zz",
            "object in the URI has a '%' without two hexadecimal digits",
        ),
        ("object=%2", "object in the URI has a '%' without"),
        ("object=%FF", "object in the URI is not UTF-8"),
        ("object=%00", "object in the URI contains a control character"),
        (
            "x-vendor=1",
            "the URI has the unknown attribute 'x-vendor', which matches no key",
        ),
    ] {
        let error = refused(&format!("pkcs11:{rest}"));
        assert!(error.starts_with(expected), "{rest}: {error}");
    }
}

#[test]
fn pins_are_refused_and_not_repeated() {
    for text in [
        "pkcs11:object=a?pin-value=1234",
        "pkcs11:object=a?1234",
        "pkcs11:1234",
        "pkcs11:object=a?pin-value=12&pin-value=34",
    ] {
        let error = refused(text);
        assert!(!error.contains("1234") && !error.contains("34"), "{error}");
    }
    assert!(refused("pkcs11:?pin-value=1").starts_with("pin-value in the URI is not allowed"));
}

#[cfg(not(feature = "pkcs11"))]
#[test]
fn tokens_need_a_feature() {
    let uri: SignerUri = "pkcs11:object=a?module-name=softhsm2".parse().unwrap();
    let error = uri.open(&matter_signer::Secrets::new()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "this build does not support keys in tokens; build it with --features pkcs11"
    );
}
