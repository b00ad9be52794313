//! Name constraints (RFC 5280, 4.2.1.10), as OpenSSL and BoringSSL check them.

use alloc::vec::Vec;

use crate::SdkResult;
use crate::finding::SdkResults;
use crate::lint::Facts;
use crate::x509::{Attribute, Malformed, Tlv, Walker, attributes, begins_with, common_name, id, tag};

/// The tags of a GeneralName.
const EMAIL: u8 = 0x81;
const DNS: u8 = 0x82;
const DIRECTORY: u8 = 0xA4;
const URI: u8 = 0x86;
const IP: u8 = 0x87;
const PERMITTED: u8 = 0xA0;
const EXCLUDED: u8 = 0xA1;

/// The names that a certificate permits and excludes below it: the bases of its subtrees.
#[derive(Clone, Debug, Default)]
pub(crate) struct NameConstraints<'a> {
    permitted: Vec<Tlv<'a>>,
    excluded: Vec<Tlv<'a>>,
    /// The tags of bases with a minimum or a maximum, which RFC 5280, 4.2.1.10 does not allow.
    limited: Vec<u8>,
}

impl<'a> NameConstraints<'a> {
    /// Decodes the content of the extension.
    pub(crate) fn read(content: Walker<'a>) -> Result<Self, Malformed> {
        let mut fields = content.only(tag::SEQUENCE)?.inside();
        let mut constraints = Self::default();
        for tag in [PERMITTED, EXCLUDED] {
            let Some(subtrees) = fields.next_if(tag)? else { continue };
            let mut subtrees = subtrees.inside();
            while !subtrees.is_empty() {
                let mut subtree = subtrees.expect(tag::SEQUENCE)?.inside();
                let base = subtree.next()?;
                let minimum = subtree.next_if(tag::IMPLICIT_0)?;
                if minimum.or(subtree.next_if(tag::IMPLICIT_1)?).is_some() {
                    constraints.limited.push(base.tag);
                }
                subtree.finish()?;
                if tag == PERMITTED {
                    constraints.permitted.push(base);
                } else {
                    constraints.excluded.push(base);
                }
            }
        }
        fields.finish()?;
        Ok(constraints)
    }

    pub(crate) const fn has_limits(&self) -> bool {
        !self.limited.is_empty()
    }

    /// Whether a name is not permitted or is excluded.
    fn refuses(&self, name: &Name<'_>, library: Library) -> bool {
        let same_kind = |list: &[Tlv<'a>]| list.iter().filter(|base| base.tag == name.tag).copied().collect();
        let (permitted, excluded): (Vec<Tlv<'a>>, Vec<Tlv<'a>>) =
            (same_kind(&self.permitted), same_kind(&self.excluded));
        let outside = !permitted.is_empty() && !permitted.iter().any(|base| name.is_below(base));
        // A name that cannot be compared is refused if its type is constrained.
        let is_constrained = !permitted.is_empty() || !excluded.is_empty();
        let unknown = is_constrained && !name.is_comparable(library);
        outside || unknown || self.limited.contains(&name.tag) || excluded.iter().any(|base| name.is_below(base))
    }
}

/// The library whose comparison rules apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Library {
    BoringSsl,
    OpenSsl,
}

/// A name of a certificate.
#[derive(Clone, Copy, Debug)]
struct Name<'a> {
    tag: u8,
    value: &'a [u8],
}

impl Name<'_> {
    const fn kind(&self) -> &'static str {
        match self.tag {
            EMAIL => "an e-mail address",
            DNS => "a DNS name",
            DIRECTORY => "the subject or a directory name",
            URI => "a URI",
            IP => "an IP address",
            _ => "a name of an unsupported type",
        }
    }

    /// BoringSSL does not support constraints on addresses (`nc_match_single`).
    fn is_comparable(&self, library: Library) -> bool {
        match self.tag {
            DNS | DIRECTORY => true,
            EMAIL => self.value.contains(&b'@'),
            URI => host(self.value).is_some(),
            IP => library == Library::OpenSsl,
            _ => false,
        }
    }

    fn is_below(&self, base: &Tlv<'_>) -> bool {
        match self.tag {
            DIRECTORY => {
                let (name, base) = (Walker::new(self.value).next(), base.inside().next());
                matches!((name, base), (Ok(name), Ok(base)) if begins_with(&name, &base))
            }
            DNS => is_in_domain(self.value, base.value),
            EMAIL => is_in_mailbox(self.value, base.value),
            URI => host(self.value).is_some_and(|host| is_host(host, base.value)),
            IP => is_in_network(self.value, base.value),
            _ => false,
        }
    }
}

/// Returns the type of the first name of a certificate that the name constraints of an ancestor refuse, and the SDK
/// results.
pub(crate) fn refused(above: &Facts, below: &Facts, is_leaf: bool) -> Option<(&'static str, SdkResults)> {
    if !above.has_name_constraints {
        return None;
    }
    let (_, extensions) = super::read(above)?;
    let constraints = NameConstraints::read(extensions.find(id::NAME_CONSTRAINTS)?.value.inside()).ok()?;
    let (frame, extensions) = super::read(below)?;
    let subject = attributes(&frame.subject).unwrap_or_default();
    let alternative = extensions.find(id::SUBJECT_ALT_NAME);
    let alternative = alternative.and_then(|names| names.value.inside().only(tag::SEQUENCE).ok());
    let names = names(&frame.subject, &subject, alternative.as_ref());
    let by = |library| {
        names
            .iter()
            .find(|name| constraints.refuses(name, library))
            .map(Name::kind)
    };
    let (mut openssl, mut boringssl) = (by(Library::OpenSsl), by(Library::BoringSsl));
    if is_leaf && let Some(text) = common_name(&subject) {
        let (tag, value) = (DNS, text.as_bytes());
        // OpenSSL treats it as a DNS name if there is no other (`check_name_constraints`).
        let is_taken = is_dns_name_for_openssl(text) && !names.iter().any(|name| name.tag == DNS);
        if is_taken && constraints.refuses(&Name { tag, value }, Library::OpenSsl) {
            openssl = openssl.or(Some("the common name as a DNS name"));
        }
        // BoringSSL refuses it without alternative names, for any constraint (`reject_dns_name_in_common_name`).
        if alternative.is_none() && is_dns_name_for_boringssl(value) {
            boringssl = boringssl.or(Some("a common name like a host's, without an alternative name"));
        }
    }
    let results = SdkResults::of(SdkResult::DacSignatureInvalid, openssl.is_some(), boringssl.is_some());
    openssl.or(boringssl).map(|kind| (kind, results))
}

/// Returns the constrained names: the subject, its e-mail addresses, and the alternative names.
fn names<'a>(subject: &Tlv<'a>, attributes: &[Attribute<'a>], alternative: Option<&Tlv<'a>>) -> Vec<Name<'a>> {
    let mut names = Vec::new();
    if !subject.value.is_empty() {
        names.push(Name {
            tag: DIRECTORY,
            value: subject.raw,
        });
    }
    let addresses = attributes.iter().filter(|attribute| attribute.oid == EMAIL_ADDRESS);
    names.extend(addresses.map(email));
    let Some(mut list) = alternative.map(Tlv::inside) else {
        return names;
    };
    while let Ok(Tlv { tag, value, .. }) = list.next() {
        names.push(Name { tag, value });
    }
    names
}

/// `emailAddress` (RFC 5280, A.1), the content of the OBJECT IDENTIFIER 1.2.840.113549.1.9.1.
const EMAIL_ADDRESS: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 1];

const fn email<'a>(attribute: &Attribute<'a>) -> Name<'a> {
    Name {
        tag: EMAIL,
        value: attribute.value.value,
    }
}

/// Whether the text consists of labels separated by dots (`cn2dnsid`).
fn is_dns_name_for_openssl(text: &str) -> bool {
    let is_label = |label: &str| {
        let inner = label
            .bytes()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_'));
        inner && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
    };
    text.contains('.') && text.split('.').all(is_label)
}

/// Whether the text consists of one or more non-empty labels (`x509v3_looks_like_dns_name`).
fn is_dns_name_for_boringssl(text: &[u8]) -> bool {
    let text = text.strip_suffix(b".").unwrap_or(text);
    let text = text.strip_prefix(b"*.").unwrap_or(text);
    let is_part = |c: &u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b':');
    text.split(|&c| c == b'.')
        .all(|label| !label.is_empty() && label.first() != Some(&b'-') && label.iter().all(is_part))
}

/// Removes a suffix, ignoring case.
fn without_end<'a>(text: &'a [u8], end: &[u8]) -> Option<&'a [u8]> {
    let (rest, last) = text.split_at_checked(text.len().checked_sub(end.len())?)?;
    last.eq_ignore_ascii_case(end).then_some(rest)
}

/// A DNS name is in the domain that is its suffix; an empty domain contains all names.
fn is_in_domain(name: &[u8], base: &[u8]) -> bool {
    let whole = base.is_empty() || base.first() == Some(&b'.');
    without_end(name, base).is_some_and(|rest| whole || rest.is_empty() || rest.last() == Some(&b'.'))
}

/// A base is a mailbox, a host, or with a leading dot a domain.
fn is_in_mailbox(address: &[u8], base: &[u8]) -> bool {
    let split = |text: &[u8]| text.iter().rposition(|&byte| byte == b'@');
    let Some(at) = split(address) else { return false };
    let (local, host) = (address.get(..at), address.get(at + 1..).unwrap_or_default());
    match split(base) {
        Some(at) => {
            let same_local = at == 0 || base.get(..at) == local;
            same_local && base.get(at + 1..).is_some_and(|base| host.eq_ignore_ascii_case(base))
        }
        None => is_host(host, base),
    }
}

/// A base is a host, or with a leading dot a domain.
fn is_host(host: &[u8], base: &[u8]) -> bool {
    match base.first() {
        Some(b'.') => without_end(host, base).is_some_and(|rest| !rest.is_empty()),
        _ => host.eq_ignore_ascii_case(base),
    }
}

/// Returns the part between `//` and the port or the path, as split by both libraries (`nc_uri`).
fn host(uri: &[u8]) -> Option<&[u8]> {
    let end_of = |text: &[u8], end| text.iter().position(|&byte| byte == end);
    let rest = uri.get(end_of(uri, b':')? + 1..)?.strip_prefix(b"//")?;
    let end = end_of(rest, b':').or_else(|| end_of(rest, b'/')).unwrap_or(rest.len());
    rest.get(..end).filter(|host| !host.is_empty())
}

/// A base is an address and a mask, of 4 or of 16 bytes each.
fn is_in_network(address: &[u8], base: &[u8]) -> bool {
    if base.len() != 2 * address.len() {
        return false;
    }
    let (network, mask) = base.split_at(address.len());
    let mut bytes = address.iter().zip(network).zip(mask);
    bytes.all(|((address, network), mask)| address & mask == network & mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_names_are_compared_at_dots() {
        for (name, base, within) in [
            ("a.example.com", "example.com", true),
            ("example.com", "EXAMPLE.com", true),
            ("badexample.com", "example.com", false),
            ("a.example.com", ".example.com", true),
            ("example.com", ".example.com", false),
            ("any", "", true),
        ] {
            assert_eq!(is_in_domain(name.as_bytes(), base.as_bytes()), within, "{name} {base}");
        }
        for (address, base, within) in [
            ("u@example.com", "example.com", true),
            ("u@a.example.com", "example.com", false),
            ("u@a.example.com", ".example.com", true),
            ("u@example.com", "u@Example.com", true),
            ("U@example.com", "u@example.com", false),
            ("none", "example.com", false),
            ("u@example.com", "", false),
        ] {
            assert_eq!(
                is_in_mailbox(address.as_bytes(), base.as_bytes()),
                within,
                "{address} {base}"
            );
        }
        for (uri, host_of) in [
            ("http://a.b:80/c", Some("a.b")),
            ("urn:a", None),
            ("https://[::1]", Some("[")),
            ("http:///c", None),
        ] {
            assert_eq!(host(uri.as_bytes()), host_of.map(str::as_bytes), "{uri}");
        }
    }

    #[test]
    fn addresses_are_compared_under_the_mask() {
        assert!(is_in_network(&[10, 1, 2, 3], &[10, 0, 0, 0, 255, 0, 0, 0]));
        assert!(!is_in_network(&[11, 1, 2, 3], &[10, 0, 0, 0, 255, 0, 0, 0]));
        assert!(!is_in_network(&[10, 1, 2, 3], &[10, 0, 0, 0]));
    }

    #[test]
    fn a_common_name_is_a_dns_name_for_each_library_by_its_own_rule() {
        for (text, openssl, boringssl) in [
            ("a.b", true, true),
            ("lamp", false, true),
            ("Lamp 1", false, false),
            ("a..b", false, false),
            ("-a.b", false, false),
            ("a-.b", false, true),
            ("a.b.", false, true),
            ("*.b", false, true),
            ("a:b", false, true),
            ("a_b.c", true, true),
            ("", false, false),
        ] {
            assert_eq!(is_dns_name_for_openssl(text), openssl, "{text}");
            assert_eq!(is_dns_name_for_boringssl(text.as_bytes()), boringssl, "{text}");
        }
    }
}
