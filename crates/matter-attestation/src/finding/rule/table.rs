//! All rules: variant, id, severity, effect in the SDK's verifier, sentence, remedy.
//!
//! The behaviour of the SDK is from connectedhomeip: `DefaultDeviceAttestationVerifier.cpp`,
//! `CertificationDeclaration.cpp`, and `CHIPCryptoPALOpenSSL.cpp`, which verifies the chain with OpenSSL and its strict
//! flag, or with BoringSSL (`check_chain_extensions` in its `crypto/x509/x509_vfy.cc` checks untrusted certificates
//! only).

use super::{Sdk, Weight};

macro_rules! rules {
    ($($variant:ident, $id:literal, $weight:ident, $sdk:expr, $sentence:literal, $remedy:literal;)+) => {
        /// A rule of device attestation, which identifies a [`Finding`](crate::Finding).
        ///
        /// The ids are stable: programs may compare them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $(
                #[doc = concat!("`", $id, "`: ", $sentence, ".")]
                $variant,
            )+
        }

        impl Rule {
            /// All rules, grouped by object.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Returns the id, in kebab case.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self {
                    $(Self::$variant => $id,)+
                }
            }

            /// Returns the sentence of a finding, without values and full stop.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self {
                    $(Self::$variant => $sentence,)+
                }
            }

            /// Returns the remedy, or an empty text.
            #[must_use]
            pub const fn remedy(self) -> &'static str {
                match self {
                    $(Self::$variant => $remedy,)+
                }
            }

            pub(super) const fn weight(self) -> Weight {
                match self {
                    $(Self::$variant => Weight::$weight,)+
                }
            }

            pub(super) const fn sdk(self) -> Sdk {
                use self::Sdk::{
                    BoringSslBelowPaa, Chain, ChainBelowPaa, ChainOrNotFound, ChainOrOpenSslPaa, Date, Empty, Format, FormatOrChain, FormatOrNotFound,
                    FormatOrOpenSslChain, Is, Never, OpenSslChain, OpenSslFormat, PaaBuffer, Parse, Version,
                };
                use crate::SdkResult::*;
                match self {
                    $(Self::$variant => $sdk,)+
                }
            }
        }
    };
}

rules! {
    // One certificate.
    CertificateEmpty, "certificate-empty", Error, Empty,
        "The certificate is empty", "get the certificate again from its issuer";
    CertificateMalformed, "certificate-malformed", Error, Parse,
        "The certificate is not well-formed DER", "get the certificate again from its issuer";
    CertificateTrailingBytes, "certificate-trailing-bytes", Error, Never,
        "There are bytes after the certificate", "cut the file at the end of the certificate";
    CertificateTooLong, "certificate-too-long", Error, PaaBuffer,
        "The certificate has more than 600 bytes", "issue it with a shorter subject or fewer extensions";
    CertificateVersion, "certificate-version", Error, Version,
        "The certificate's X.509 version is not 3", "issue it as version 3";
    SerialNumberEmpty, "serial-number-malformed", Error, Parse,
        "The serial number is not a DER INTEGER in its shortest form",
        "issue it with a serial number in its shortest form";
    SerialNumberNotPositive, "serial-number-not-positive", Error, Never,
        "The serial number is 0 or negative", "issue it with a positive serial number";
    SerialNumberTooLong, "serial-number-too-long", Error, Never,
        "The serial number has more than 20 bytes", "issue it with a serial number of 16 bytes";
    SignatureAlgorithm, "signature-algorithm", Error, Format,
        "The signature algorithm is not ecdsa-with-SHA256", "have the issuer sign with ECDSA and SHA-256";
    SignatureAlgorithmInside, "signature-algorithm-inside", Error, ChainOrOpenSslPaa,
        "The signature algorithm in the signed part differs from the outer one", "issue the certificate again";
    SignatureAlgorithmParameters, "signature-algorithm-parameters", WarningInPaa, Never,
        "The signature algorithm has parameters, which must be absent", "issue it without algorithm parameters, not even NULL";
    PublicKeyAlgorithm, "public-key-algorithm", Error, Format,
        "The public key is not an elliptic-curve key", "use a P-256 key";
    PublicKeyCurve, "public-key-curve", Error, Format,
        "The public key is not on the curve P-256", "use a P-256 key";
    PublicKeyCompressed, "public-key-compressed", Error, OpenSslFormat,
        "The public key is a compressed point", "encode the key uncompressed";
    PublicKeyPoint, "public-key-point", Error, Format,
        "The public key is not an uncompressed point of 65 bytes on the curve", "encode the key uncompressed";
    ValidityMalformed, "validity-malformed", Error, Date,
        "A date of the validity is not a DER time in UTC", "issue it with dates of the form YYMMDDhhmmssZ or YYYYMMDDhhmmssZ";
    ValidityEncoding, "validity-encoding", Error, Never,
        "A date up to 2049 is not a UTCTime, or one from 2050 is not a GeneralizedTime", "encode the date as RFC 5280 requires";
    ValidityReversed, "validity-reversed", Error, ChainBelowPaa,
        "The validity ends before it starts", "swap the dates";
    NameMalformed, "name-malformed", Error, Parse,
        "The issuer or the subject is not a distinguished name in DER, with strings as values", "issue it with well-formed names";
    NameString, "name-string", Error, Never,
        "A string in the issuer or the subject has an outdated type, or characters that its type does not allow",
        "encode names as UTF8String";
    NameAttributeRepeated, "name-attribute-repeated", Error, Never,
        "A relative distinguished name of the issuer or the subject has a duplicate attribute",
        "put each attribute into its own relative distinguished name";
    NameEmpty, "name-empty", Error, OpenSslChain,
        "The issuer or the subject is empty", "issue it with a common name at least";
    CommonNameTooLong, "common-name-too-long", Error, Never,
        "The common name has more than 64 bytes", "shorten the common name";
    VendorIdMalformed, "vendor-id-malformed", Error, Parse,
        "The vendor id in the subject is not exactly four upper-case hexadecimal digits", "write it like FFF1";
    VendorIdDuplicate, "vendor-id-duplicate", Error, Parse,
        "The subject has a duplicate vendor id", "keep one of them";
    VendorIdMissing, "vendor-id-missing", Error, Is(DacVendorIdMismatch),
        "The subject has no vendor id", "issue it with attribute 1.3.6.1.4.1.37244.2.1 in the subject";
    VendorIdRange, "vendor-id-range", Error, Never,
        "The vendor id in the subject is outside the range 0x0001 to 0xFFF4", "use the vendor's own id";
    VendorIdString, "vendor-id-string", Error, Never,
        "A vendor or product id is neither a UTF8String nor a PrintableString", "encode the id as UTF8String";
    VendorIdPrintable, "vendor-id-printable", Warning, Never,
        "A vendor or product id is a PrintableString; new certificates use UTF8String", "encode the id as UTF8String";
    ProductIdMalformed, "product-id-malformed", Error, Parse,
        "The product id in the subject is not exactly four upper-case hexadecimal digits", "write it like 8000";
    ProductIdDuplicate, "product-id-duplicate", Error, Parse,
        "The subject has a duplicate product id", "keep one of them";
    ProductIdMissing, "product-id-missing", Error, Is(DacProductIdMismatch),
        "The subject has no product id", "issue it with attribute 1.3.6.1.4.1.37244.2.2 in the subject";
    ProductIdZero, "product-id-zero", Error, Never,
        "The product id in the subject is 0", "use the product's own id";
    ProductIdInPaa, "product-id-in-paa", Error, Is(PaaFormatInvalid),
        "The subject of the PAA has a product id", "issue the PAA without one";
    CommonNameIdRepeated, "common-name-id-repeated", Error, Never,
        "The common name has the prefix Mvid: or Mpid: more than once", "keep one of each";
    CommonNameIdIgnored, "common-name-id-ignored", Note, Never,
        "Vendor and product id in the common name are ignored, because the subject has attributes for them", "";
    ExtensionsMalformed, "extensions-malformed", Error, Parse,
        "The list of extensions is not well-formed DER", "issue the certificate again";
    DefaultEncoded, "default-encoded", Error, Never,
        "FALSE is encoded, but DER omits default values", "omit the FALSE";
    ExtensionDuplicate, "extension-duplicate", Error, Never,
        "An extension is duplicated", "issue it with one of each";
    ExtensionUnknownCritical, "extension-unknown-critical", Error, ChainOrOpenSslPaa,
        "An unrecognized extension is marked critical", "issue it without the extension, or with a non-critical one";
    BasicConstraintsMissing, "basic-constraints-missing", Error, FormatOrOpenSslChain,
        "There are no basic constraints", "issue it with critical basic constraints";
    BasicConstraintsMalformed, "basic-constraints-malformed", Error, FormatOrNotFound,
        "The basic constraints are not well-formed DER", "issue it with well-formed basic constraints";
    BasicConstraintsNotCritical, "basic-constraints-not-critical", Error, FormatOrOpenSslChain,
        "The basic constraints are not critical", "mark them critical";
    BasicConstraintsCa, "basic-constraints-ca", Error, FormatOrOpenSslChain,
        "The basic constraints have the wrong CA flag", "PAA and PAI are CAs, a DAC is not";
    BasicConstraintsPathLen, "basic-constraints-path-len", Error, Format,
        "The path length is wrong", "use 1 or none for a PAA, 0 for a PAI, none for a DAC";
    CrlSigner, "crl-signer", Error, Format,
        "The certificate is for signing CRLs as the delegate of a PAA or a PAI, not a DAC", "use the device's own certificate";
    KeyUsageMissing, "key-usage-missing", Error, FormatOrOpenSslChain,
        "There is no key usage", "issue it with a critical key usage";
    KeyUsageMalformed, "key-usage-malformed", Error, FormatOrNotFound,
        "The key usage is not well-formed DER", "issue it with a well-formed key usage";
    KeyUsageNotCritical, "key-usage-not-critical", Error, Format,
        "The key usage is not critical", "mark it critical";
    KeyUsageWrong, "key-usage-wrong", Error, Format,
        "The key usage is wrong", "use keyCertSign, cRLSign and optionally digitalSignature for PAA and PAI; only digitalSignature for a DAC";
    SubjectKeyIdMissing, "subject-key-id-missing", Error, FormatOrChain,
        "There is no subject key identifier", "issue it with the SHA-1 of the public key's point";
    SubjectKeyIdMalformed, "subject-key-id-malformed", Error, FormatOrChain,
        "The subject key identifier is not an OCTET STRING of 20 bytes", "issue it with the SHA-1 of the public key's point";
    SubjectKeyIdCritical, "subject-key-id-critical", Error, FormatOrOpenSslChain,
        "The subject key identifier is critical", "mark it as not critical";
    SubjectKeyIdMethod, "subject-key-id-method", Note, Never,
        "The subject key identifier is not the SHA-1 of the public key, so it must be copied, never computed", "";
    AuthorityKeyIdMissing, "authority-key-id-missing", Error, Format,
        "There is no authority key identifier", "issue it with the issuer's subject key identifier, copied";
    AuthorityKeyIdMalformed, "authority-key-id-malformed", Error, FormatOrChain,
        "The authority key identifier does not contain a key identifier of 20 bytes", "issue it with the issuer's subject key identifier, copied";
    AuthorityKeyIdCritical, "authority-key-id-critical", Error, FormatOrOpenSslChain,
        "The authority key identifier is critical", "mark it as not critical";
    AuthorityKeyIdForm, "authority-key-id-form", Error, Never,
        "The authority key identifier contains more than a key identifier", "omit issuer and serial number";
    CrlDistributionPoints, "crl-distribution-points", Error, Never,
        "The CRL distribution points are not a single point with a single http or https URI", "use one URI, and at most one CRL issuer";
    CrlDistributionPointsCritical, "crl-distribution-points-critical", Error, BoringSslBelowPaa,
        "The CRL distribution points are critical", "mark them as not critical";
    NameConstraintsMalformed, "name-constraints-malformed", Error, ChainOrNotFound,
        "The name constraints are not well-formed DER, or have a minimum or a maximum", "issue it with well-formed name constraints, or without any";
    PoliciesMalformed, "policies-malformed", Error, BoringSslBelowPaa,
        "The policies, their mappings or their constraints are malformed, or have a duplicate policy",
        "issue it without policies";
    CertificateSignatureMalformed, "certificate-signature-malformed", Error, ChainBelowPaa,
        "The signature is not a DER SEQUENCE of r and s", "have the issuer sign it again";

    // Relations between certificates.
    PartMissing, "part-missing", Error, Is(InvalidArgument),
        "A required part is missing", "provide all parts";
    PaiMissing, "pai-missing", Error, Is(PaiMissing),
        "There is no PAI", "store the PAI in the device";
    PaaNotFound, "paa-not-found", Error, Is(PaaNotFound),
        "No trusted PAA has the PAI's authority key identifier", "get the PAA from the DCL, or sign the PAI with a trusted PAA";
    PaaNotSelfIssued, "paa-not-self-issued", Error, Chain,
        "Issuer and subject of the PAA differ", "use the root certificate";
    PaaAuthorityKeyId, "paa-authority-key-id", Error, Chain,
        "The authority key identifier of the PAA differs from its own subject key identifier", "issue the PAA again";
    PaaSignature, "paa-signature", Error, Never,
        "The PAA is not signed with its own key", "get the PAA again from the DCL";
    PaaPublished, "paa-for-tests", Warning, Never,
        "The PAA is one of the SDK's test certificates, whose key is published", "use it only for tests";
    PaaVendorId, "paa-vendor-id", Error, Is(PaiVendorIdMismatch),
        "The vendor id of the PAI differs from that of the PAA", "have the PAI signed by this vendor's PAA, or by one without a vendor id";
    PaiVendorId, "pai-vendor-id", Error, Is(DacVendorIdMismatch),
        "The vendor id of the DAC differs from that of the PAI", "sign the DAC with this vendor's PAI";
    PaiProductId, "pai-product-id", Error, Is(DacProductIdMismatch),
        "The product id of the DAC differs from that of the PAI", "sign the DAC with this product's PAI, or with one without a product id";
    NameConstraint, "name-constraint", Error, Chain,
        "The names of the certificate are not permitted by the name constraints above it",
        "issue the certificate above without name constraints";
    PolicyMissing, "policy-missing", Error, BoringSslBelowPaa,
        "A policy is required, but no policy is valid for the whole path", "issue PAI and DAC without policy constraints";
    IssuerName, "issuer-name", Error, Chain,
        "The issuer's name differs from the subject of the certificate above", "sign it with the right CA";
    IssuerNameEncoding, "issuer-name-encoding", Error, Never,
        "The issuer's name is encoded differently than in the certificate above", "copy the issuer's subject byte by byte";
    AuthorityKeyId, "authority-key-id", Error, Chain,
        "The authority key identifier differs from the subject key identifier of the certificate above", "copy it from the issuer's extension; do not compute it";
    CertificateSignature, "certificate-signature", Error, Chain,
        "The certificate is not signed with the key of the certificate above", "sign it with the right key";
    DacNotYetValid, "dac-not-yet-valid", Error, Is(DacExpired),
        "The DAC is not yet valid", "issue it with an earlier start, or wait";
    DacExpired, "dac-expired", Error, Is(DacExpired),
        "The DAC has expired", "issue DACs without expiry, 99991231235959Z";
    IssuerNotValidThen, "issuer-not-valid-at-issuance", Error, Chain,
        "The certificate is not valid at the start of the DAC's validity", "start the DAC within the validity of PAI and PAA";
    IssuerNotValidNow, "issuer-not-valid-now", Warning, Never,
        "The certificate is not valid now, which commissioners do not check", "renew it before issuing more";
    ValidityBeyondIssuer, "validity-beyond-issuer", Warning, Never,
        "The certificate is valid for longer than the one above", "end it when the issuer ends";
    TestVendorId, "test-vendor-id", Note, Never,
        "The vendor id is a test vendor id", "";
    DacKeyMismatch, "dac-key-mismatch", Error, Is(AttestationSignatureInvalid),
        "The private key does not match the DAC", "store the key for which the DAC was issued";

    // The declaration.
    CdOther, "cd-other-object", Error, Is(CertificationDeclarationNoKeyId),
        "The file is not a Certification Declaration",
        "provide the declaration: CMS in DER, signed by the CSA";
    CdMalformed, "cd-malformed", Error, Is(CertificationDeclarationNoKeyId),
        "The declaration is not CMS SignedData in DER of the required form", "get the declaration again from the CSA";
    CdTrailingBytes, "cd-trailing-bytes", Error, Never,
        "There are bytes after the declaration", "cut the file at the end of the declaration";
    CdContentType, "cd-content-type", Error, Is(CertificationDeclarationInvalidSignature),
        "The content type is not id-signedData", "sign the declaration as CMS SignedData";
    CdVersion, "cd-version", Error, Is(CertificationDeclarationInvalidSignature),
        "The CMS version is not 3", "sign it as version 3";
    CdDigestAlgorithms, "cd-digest-algorithms", Error, Is(CertificationDeclarationInvalidSignature),
        "The digest algorithms are not only SHA-256 without parameters", "sign it with SHA-256";
    CdEncapsulatedContent, "cd-encapsulated-content", Error, Is(CertificationDeclarationInvalidSignature),
        "The signed content is not an OCTET STRING of type id-data", "sign it as id-data";
    CdSignerInfos, "cd-signer-infos", Error, Is(CertificationDeclarationNoKeyId),
        "There is not exactly one signer of version 3, named by key identifier, without attributes", "sign it once, and name the signer by key identifier";
    CdSignerDigest, "cd-signer-digest", Error, Is(CertificationDeclarationNoKeyId),
        "The signer's digest algorithm is not SHA-256 without parameters", "sign it with SHA-256";
    CdSignerAlgorithm, "cd-signer-algorithm", Error, Is(CertificationDeclarationNoKeyId),
        "The signature algorithm is not ecdsa-with-SHA256 without parameters", "sign it with ECDSA and SHA-256";
    CdSignatureMalformed, "cd-signature-malformed", Error, Is(CertificationDeclarationNoKeyId),
        "The signature is not a DER SEQUENCE of r and s", "sign it again";
    CdSignerUnknown, "cd-signer-unknown", Error, Is(CertificationDeclarationNoCertificateFound),
        "The signer is neither the CSA nor an added signer", "have the CSA sign it, or add the CSA's new signing certificate";
    CdTestKey, "cd-test-key", Error, Is(CertificationDeclarationNoCertificateFound),
        "The declaration is signed with the test key, which is not allowed here", "allow the test key in tests; products need the CSA's declaration";
    CdTestKeyType, "cd-test-key-type", Error, Is(CertificationDeclarationNoCertificateFound),
        "The declaration is signed with the test key, which may not sign declarations of this certification type", "use type 0 for tests";
    CdTypeNeedsCsa, "cd-type-needs-csa", Warning, Never,
        "A provisional declaration is not signed by the CSA, which the certification test harness refuses", "use type 0 for tests";
    CdSignature, "cd-signature", Error, Is(CertificationDeclarationInvalidSignature),
        "The signature does not verify with the signer's key over this content", "get the declaration again from the CSA";
    CdTooLong, "cd-too-long", Error, Is(CertificationDeclarationInvalidFormat),
        "The signed content has more than 790 bytes", "declare fewer products or PAAs";
    CdContentMalformed, "cd-content-malformed", Error, Is(CertificationDeclarationInvalidFormat),
        "The signed content is not one TLV structure", "get the declaration again from the CSA";
    CdMember, "cd-member", Error, Is(CertificationDeclarationInvalidFormat),
        "A member of the declaration is missing, out of order, of the wrong type or out of range", "get the declaration again from the CSA";
    CdFormatVersion, "cd-format-version", Error, Is(AttestationElementsMalformed),
        "The format version is not 1", "use format version 1";
    CdVendorIdRange, "cd-vendor-id-range", Error, Never,
        "The vendor id of the declaration is outside the range 0x0001 to 0xFFF4", "use the vendor's own id";
    CdProductIdCount, "cd-product-id-count", Error, Never,
        "The declaration lists no product, or more than 100", "declare 1 to 100 products";
    CdProductIdZero, "cd-product-id-zero", Error, Never,
        "A product id of the declaration is 0", "use the products' own ids";
    CdDeviceTypeId, "cd-device-type-id", Error, Never,
        "The device type is not below 2^31 - 1", "use the product's primary device type";
    CdCertificateIdLength, "cd-certificate-id-length", Error, Is(CertificationDeclarationInvalidFormat),
        "The certificate id does not have 19 bytes", "use the id that the CSA assigned";
    CdSecurityLevel, "cd-security-level", Error, Never,
        "The security level is not 0", "leave it at 0; it is reserved";
    CdSecurityInformation, "cd-security-information", Error, Never,
        "The security information is not 0", "leave it at 0; it is reserved";
    CdVersionNumber, "cd-version-number", Warning, Never,
        "The version number is 0, which is never assigned", "use the number that the CSA assigned";
    CdCertificationType, "cd-certification-type", Error, Is(AttestationElementsMalformed),
        "The certification type is not 0, 1 or 2", "use one of the three";
    CdOriginIncomplete, "cd-dac-origin-incomplete", Error, Is(CertificationDeclarationInvalidFormat),
        "Only one of the two DAC origin ids is present", "use both or neither";
    CdAuthorizedPaaCount, "cd-authorized-paa-count", Error, Never,
        "The list of authorized PAAs is empty or has more than 10", "list 1 to 10, or omit the list";
    CdNeedsLedger, "cd-needs-ledger", Note, Never,
        "Device type, certificate id and version number can be checked only against the Distributed Compliance Ledger", "";
    CdVendorId, "cd-vendor-id", Error, Is(CertificationDeclarationInvalidVendorId),
        "The vendor id of the declaration differs from the product's", "use the declaration of this product";
    CdProductId, "cd-product-id", Error, Is(CertificationDeclarationInvalidProductId),
        "The declaration does not list the product's id", "use the declaration of this product";
    CdDacVendorId, "cd-dac-vendor-id", Error, Is(CertificationDeclarationInvalidVendorId),
        "The vendor id of the DAC is not the one that the declaration requires", "declare the origin of the DAC, or use the vendor's own DAC";
    CdPaiVendorId, "cd-pai-vendor-id", Error, Is(CertificationDeclarationInvalidVendorId),
        "The vendor id of the PAI is not the one that the declaration requires", "declare the origin of the DAC, or use the vendor's own PAI";
    CdDacProductId, "cd-dac-product-id", Error, Is(CertificationDeclarationInvalidProductId),
        "The product id of the DAC is not one that the declaration allows", "use the declaration of this product";
    CdPaiProductId, "cd-pai-product-id", Error, Is(CertificationDeclarationInvalidProductId),
        "The product id of the PAI is not one that the declaration allows", "use the declaration of this product";
    ProductIdOfAnother, "product-id-of-another", Warning, Never,
        "The product id of the certificate differs from the product's, which the declaration may allow", "check that the certificate is meant for this product";
    CdPaaNotAuthorized, "cd-paa-not-authorized", Error, Is(CertificationDeclarationInvalidPAA),
        "The PAA is not among those that the declaration authorizes", "use an authorized PAA, or have the declaration list this one";

    // The attestation response.
    ElementsTooLong, "elements-too-long", Error, Is(InvalidArgument),
        "The attestation elements have more than 900 bytes", "shorten declaration, firmware information or vendor entries";
    ElementsMalformed, "elements-malformed", Error, Is(AttestationElementsMalformed),
        "The attestation elements are not one TLV structure with the members in order",
        "encode the members in order in one TLV structure";
    ElementsNonceLength, "elements-nonce-length", Error, Never,
        "The attestation nonce does not have 32 bytes", "return the commissioner's nonce";
    ElementsNonce, "elements-nonce", Error, Is(AttestationNonceMismatch),
        "The attestation nonce differs from the commissioner's", "return the nonce of the same request";
    ElementsDeclaration, "elements-declaration", Error, Never,
        "The declaration in the attestation elements differs from the given one", "store the right declaration in the device";
    ElementsChallengeLength, "elements-challenge-length", Error, Never,
        "The attestation challenge does not have 16 bytes", "use the challenge of the secure session";
    ElementsSignatureLength, "elements-signature-length", Error, Is(AttestationSignatureInvalid),
        "The attestation signature does not have 64 bytes", "return r and s, 32 bytes each, not DER";
    ElementsSignature, "elements-signature", Error, Is(AttestationSignatureInvalid),
        "The attestation signature does not verify with the DAC's key over elements and challenge", "store the key for which the DAC was issued";

    // Revocation.
    DacRevoked, "dac-revoked", Error, Is(DacRevoked),
        "The DAC is revoked", "replace the device's DAC";
    PaiRevoked, "pai-revoked", Error, Is(PaiRevoked),
        "The PAI is revoked", "replace PAI and DAC";
    RevocationNoData, "revocation-no-data", Warning, Never,
        "The revocation set has no entry for the issuer of the certificate", "get a newer revocation set";
    RevocationDisregarded, "revocation-disregarded", Warning, Never,
        "The revocation set's entry for the certificate's issuer is ignored, because neither the issuer nor its delegate signed the CRL", "build the revocation set again";
}
