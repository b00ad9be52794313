//! Private keys in files: raw bytes, hexadecimal digits, and encrypted.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::as_conversions)]

use hex_literal::hex;
use matter_attestation::{Error, PrivateKey};

// RFC 6979, A.2.5.
const SCALAR: [u8; 32] = hex!("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721");
const POINT: [u8; 65] = hex!(
    "04 60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
    "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299"
);

fn upper(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn refused(input: &[u8]) -> Error {
    PrivateKey::decode(input).map(|_| ()).unwrap_err()
}

#[test]
fn raw_keys_are_detected_by_their_length() {
    let pair = [&POINT[..], &SCALAR].concat();
    let digits = upper(&SCALAR);
    for (what, input) in [
        ("32 bytes", SCALAR.to_vec()),
        ("97 bytes", pair.clone()),
        ("64 digits", digits.clone().into_bytes()),
        ("lower case", digits.to_lowercase().into_bytes()),
        ("a line of digits", format!("  {digits}\r\n").into_bytes()),
        ("194 digits", upper(&pair).into_bytes()),
    ] {
        let key = PrivateKey::decode(&input).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(*key.expose_scalar(), SCALAR, "{what}");
        assert_eq!(*key.public_key().as_bytes(), POINT, "{what}");
    }
    let mut off_curve = pair.clone();
    off_curve[64] ^= 1;
    let mut of_another = pair.clone();
    of_another[96] ^= 1;
    let mut compressed = pair.clone();
    compressed[0] = 3;
    for (what, input, error) in [
        ("scalar 0", vec![0; 32], Error::KeyScalarOutOfRange),
        (
            "the order",
            hex!("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551").to_vec(),
            Error::KeyScalarOutOfRange,
        ),
        ("31 bytes", SCALAR[..31].to_vec(), Error::KeyMalformed),
        ("33 bytes", [&SCALAR[..], &[0]].concat(), Error::KeyMalformed),
        (
            "a line feed after 32 bytes",
            [&SCALAR[..], b"\n"].concat(),
            Error::KeyMalformed,
        ),
        ("96 bytes", pair[..96].to_vec(), Error::KeyMalformed),
        ("98 bytes", [&pair[..], &[0]].concat(), Error::KeyMalformed),
        ("a point off the curve", off_curve, Error::KeyNotP256),
        ("another key's point", of_another, Error::KeyMismatch),
        ("another first byte", compressed, Error::KeyMalformed),
        ("62 digits", digits[2..].into(), Error::KeyMalformed),
        ("63 digits", digits[1..].into(), Error::KeyMalformed),
        ("66 digits", format!("{digits}00").into(), Error::KeyMalformed),
        ("32 digits", digits[32..].into(), Error::KeyMalformed),
        (
            "97 digits",
            format!("04{}", &upper(&pair)[..95]).into(),
            Error::KeyMalformed,
        ),
        ("zeros as digits", "0".repeat(64).into(), Error::KeyScalarOutOfRange),
        (
            "digits with a space",
            format!("{} {}", &digits[..32], &digits[32..]).into(),
            Error::KeyMalformed,
        ),
        ("another letter", digits.replace('F', "G").into(), Error::KeyMalformed),
    ] {
        assert_eq!(refused(&input), error, "{what}");
    }
    // The largest scalar is the order minus 1.
    let highest = hex!("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632550");
    PrivateKey::decode(&highest).unwrap();
}

#[test]
fn pkcs8_has_the_bytes_of_openssl() {
    // openssl pkcs8 -topk8 -nocrypt -outform der
    let expected = [
        &hex!("30 81 87 02 01 00 30 13 06 07 2A 86 48 CE 3D 02 01 06 08 2A 86 48 CE 3D 03 01 07") as &[u8],
        &hex!("04 6D 30 6B 02 01 01 04 20"),
        &SCALAR,
        &hex!("A1 44 03 42 00"),
        &POINT,
    ]
    .concat();
    let der = PrivateKey::from_scalar(&SCALAR).unwrap().to_pkcs8_der();
    assert_eq!(*der, expected);
    assert_eq!(der.len(), PrivateKey::PKCS8_LEN);
}

/// The key of RFC 6979 encrypted with `openssl pkcs8 -topk8 -passout pass:secret` of OpenSSL 3.0 and these options.
#[cfg(feature = "encryption")]
mod encrypted {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    /// `-v2 aes-256-cbc -v2prf hmacWithSHA256`
    const AES_256: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n\
        MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjxyNO04ly/nwICCAAw\n\
        DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEJugakxInkTF41melDmtpEQEgZDn\n\
        yqPEwxy4JaOEx0MlSVSzUieYMvQw+Bif/6D2IHdfB40AMFR5OkFa9wQVwHlyrfo4\n\
        BvccIjHNqpCS4PrsrhRnA3gAFvmN5EhEMb8JZVEKVd/4WSHTVQIjmkA0ajEfU1gO\n\
        G64y5JIFBjSaw/cFLz1cvJelBlKI48xPv+pjsBpkN13gQrbt2VxQwzafeFyO/A0=\n\
        -----END ENCRYPTED PRIVATE KEY-----\n";
    /// `-v2 aes-128-cbc -v2prf hmacWithSHA256 -iter 100000`
    const AES_128: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n\
        MIHtMFgGCSqGSIb3DQEFDTBLMCoGCSqGSIb3DQEFDDAdBAgLillm1PprLwIDAYag\n\
        MAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUDBAECBBDfxa+XEIR31uaEVt9EcaMPBIGQ\n\
        lb78tpAGHfA2iDQZxVRuPxD/EcYMmpnjDLfU2bGndBUXH8gFF16EdyDrEbqSo4GP\n\
        IzpOw4qzdSQF71XNDbZUyU+W5frNv9pzCKbl9IxJbwiuXcGrj12/iwgVf78odALk\n\
        L8Z4VDLoEfHhgYrXI/HRr53MC0E6H2u1qehYE91XPV0cHTq13GfUoTBHGTzsz7P6\n\
        -----END ENCRYPTED PRIVATE KEY-----\n";
    /// `-scrypt`
    const SCRYPT: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n\
        MIHkME8GCSqGSIb3DQEFDTBCMCEGCSsGAQQB2kcECzAUBAjhov2YL9lsnQICQAAC\n\
        AQgCAQEwHQYJYIZIAWUDBAEqBBBSWfN55rt/9gzeuMt6vAH3BIGQEk0shCS63Zg9\n\
        HTBd2zkKSrS7FdSSSu30U/0rL3YPYhXQNKM+gqH3vhHpNt16b0sdtb7UQXlyWx1R\n\
        oKgNraU2rHjkv3aigjGp8hBytbzloLQL6AEcOfcpgl6M1tC7j+PZX0BZb8Pb9xeW\n\
        K9GLTwxDKCc6frPMXHRf/NtExeCLIplihO4/Ej93xIxLUaFiI6nk\n\
        -----END ENCRYPTED PRIVATE KEY-----\n";
    /// `-v2 aes-256-cbc -v2prf hmacWithSHA1`
    const SHA_1: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n\
        MIHeMEkGCSqGSIb3DQEFDTA8MBsGCSqGSIb3DQEFDDAOBAhyhmIoGZEFrQICCAAw\n\
        HQYJYIZIAWUDBAEqBBBlWG7QBDFiea+zKEYyt88RBIGQgOo5ex1Xoj6A5CVjPAut\n\
        AXJO3HVOiwxTkUsc0kOZZ3DvlBzjvPv/zMkBdjNHxQCWLFHPjV9Yjwc43zH4LtX+\n\
        W6hq3q+n2XrZZQk03ifG85HFUpQJXXzrBZsiy8U99dIfyb4pygDi/iCZCrbWqrCu\n\
        t1E7WgNx17+6VMC6lnMmO4xpoLHw1uD67LORixTmBdc6\n\
        -----END ENCRYPTED PRIVATE KEY-----\n";
    /// `-v2 des3`
    const DES_3: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n\
        MIHjME4GCSqGSIb3DQEFDTBBMCkGCSqGSIb3DQEFDDAcBAgCEzVi0ATjUAICCAAw\n\
        DAYIKoZIhvcNAgkFADAUBggqhkiG9w0DBwQIPvucLpaA0KEEgZCtgYME03hr3ZXC\n\
        w4KtxaVyeM9W9hOjRrgOEHU/uPlSpw6DOgB2ENd06GtYJMZSUOMCj+StLERodsFw\n\
        0Quovfbc84uYcJhGERyfM9qh8ag7PYjdLVsPjBgK54IrqgrpSyG681QvGKvQGWnC\n\
        DPTPDNG0fwifOOiV+TTOBYvOpEp6pR7jnolulshrwxwbm+rtyQg=\n\
        -----END ENCRYPTED PRIVATE KEY-----\n";
    /// `-v1 PBE-SHA1-3DES`
    const PBES_1: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n\
        MIGxMBwGCiqGSIb3DQEMAQMwDgQIMYmR4QuX8koCAggABIGQyI7DutxOSWjCxIRM\n\
        YFqgPPix6cKruYgg+m7QTg16oYLocoEvOZXs979I3lGPr+mWleEcXuYA7nw2fVdx\n\
        0EU8Z5Pou8FB/wZCBZBINZWLb8ueg5WETbdo9Yw9F4ZDzcjAaBHke/8O8DpQCtcp\n\
        lsushlwD31Mvps3eQMCGNbi+kSi5x7uBmg+tJhrM8JxLeLEl\n\
        -----END ENCRYPTED PRIVATE KEY-----\n";

    fn refused(input: &[u8], password: &str) -> Error {
        PrivateKey::decode_encrypted(input, password.as_bytes())
            .map(|_| ())
            .unwrap_err()
    }

    #[test]
    fn keys_encrypted_by_openssl_are_decrypted() {
        for pem in [AES_256, AES_128, SCRYPT] {
            let key = PrivateKey::decode_encrypted(pem.as_bytes(), b"secret").unwrap();
            assert_eq!(*key.expose_scalar(), SCALAR);
            let (label, der) = der::pem::decode_vec(pem.as_bytes()).unwrap();
            assert_eq!(label, "ENCRYPTED PRIVATE KEY");
            let key = PrivateKey::decode_encrypted(&der, b"secret").unwrap();
            assert_eq!(*key.expose_scalar(), SCALAR);
            for password in ["", "Secret", "secret ", "secre"] {
                assert_eq!(refused(&der, password), Error::KeyPassword, "{password:?}");
            }
            assert_eq!(super::refused(&der), Error::KeyEncrypted);
            assert_eq!(super::refused(pem.as_bytes()), Error::KeyEncrypted);
        }
        // An unencrypted key needs no password.
        let plain = PrivateKey::from_scalar(&SCALAR).unwrap().to_pkcs8_der();
        PrivateKey::decode_encrypted(&plain, b"secret").unwrap();
    }

    #[test]
    fn weak_and_costly_encryption_is_refused() {
        for pem in [SHA_1, DES_3, PBES_1] {
            assert_eq!(refused(pem.as_bytes(), "secret"), Error::KeyEncryption);
        }
        // 100,000 iterations become 10,000,001, and scrypt of 16 MiB becomes 128 MiB, of 1 block and of 17 times.
        let (_, der) = der::pem::decode_vec(AES_128.as_bytes()).unwrap();
        // An INTEGER of 3 bytes is below that, so the salt gives up one byte.
        let costly = replaced(
            &der,
            &hex!("04 08 0B 8A 59 66 D4 FA 6B 2F 02 03 01 86 A0"),
            &hex!("04 07 0B 8A 59 66 D4 FA 6B 02 04 00 98 96 81"),
        );
        assert_eq!(refused(&costly, "secret"), Error::KeyEncryption);
        let (_, der) = der::pem::decode_vec(SCRYPT.as_bytes()).unwrap();
        for changed in [
            hex!("02 02 40 00 02 01 41 02 01 01"),
            hex!("02 02 40 00 02 01 08 02 01 11"),
            hex!("02 02 40 01 02 01 08 02 01 01"),
            hex!("02 02 40 00 02 01 00 02 01 01"),
        ] {
            let der = replaced(&der, &hex!("02 02 40 00 02 01 08 02 01 01"), &changed);
            assert_eq!(refused(&der, "secret"), Error::KeyEncryption, "{changed:02X?}");
        }
    }

    fn replaced(der: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
        let at = der.windows(from.len()).position(|window| window == from).unwrap();
        [&der[..at], to, &der[at + from.len()..]].concat()
    }

    #[test]
    fn encrypted_keys_round_trip() {
        let key = PrivateKey::from_scalar(&SCALAR).unwrap();
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let pem = key.to_encrypted_pkcs8_pem(b"secret", &mut rng).unwrap();
        assert!(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
        let copy = PrivateKey::decode_encrypted(pem.as_bytes(), b"secret").unwrap();
        assert_eq!(*copy.expose_scalar(), SCALAR);
        assert_eq!(refused(pem.as_bytes(), "other"), Error::KeyPassword);
        let again = key.to_encrypted_pkcs8_pem(b"secret", &mut rng).unwrap();
        assert_ne!(*again, *pem, "salt and initialization vector are drawn anew");
    }
}
