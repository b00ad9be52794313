//! The certificate chain for display: PAA, PAI, DAC, and the relation of each to its issuer.

use matter_attestation::{Certificate, DateTime, KeyId, Object};

use crate::device::{Audited, Device, certificate};
use crate::report::{CertificateNode, Fact, Link};

/// Returns the chain; empty if there are no certificates.
pub(crate) fn chain(device: &Device, audited: &Audited, time: Option<DateTime>) -> Vec<CertificateNode> {
    let dac = audited.dac.as_deref();
    let pai = audited.pai.as_deref();
    let read = |der| certificate(der);
    let pai_read = read(pai);
    let roots = || device.parts.iter().filter(|(_, part)| part.object() == Object::Paa);
    let issued = |der: &[u8]| match (&pai_read, Certificate::from_der(der)) {
        (Some(pai), Ok(paa)) => pai.verify_issued_by(&paa).is_ok(),
        _ => false,
    };
    let paa = roots()
        .find(|(_, part)| issued(part.as_der()))
        .or_else(|| roots().next());
    let paa = paa.map(|(_, part)| part.as_der());
    if dac.is_none() && pai.is_none() && paa.is_none() {
        return Vec::new();
    }
    let source = |der: Option<&[u8]>, stored: Option<&[u8]>| {
        let der = der?;
        let file = device.parts.iter().find(|(_, part)| part.as_der() == der);
        let image = (stored == Some(der)).then(|| "the image".to_owned());
        image.or_else(|| file.map(|(name, _)| name.clone()))
    };
    let report = &audited.report;
    vec![
        node("PAA", paa, source(paa, None), paa, time),
        node("PAI", pai, source(pai, report.pai()), paa, time),
        node("DAC", dac, source(dac, report.dac()), pai, time),
    ]
}

fn node(
    role: &'static str,
    der: Option<&[u8]>,
    source: Option<String>,
    issuer: Option<&[u8]>,
    time: Option<DateTime>,
) -> CertificateNode {
    let read = der.map(Certificate::from_der);
    let link = match (&read, issuer.map(Certificate::from_der)) {
        (None, _) => Link::new("unknown", "not among the files"),
        (Some(Err(error)), _) => Link::new("bad", &format!("cannot be read: {error}")),
        (Some(Ok(_)), None) => Link::new("unknown", "its issuer is not among the files"),
        (Some(Ok(_)), Some(Err(_))) => Link::new("unknown", "its issuer cannot be read"),
        (Some(Ok(own)), Some(Ok(issuer))) => match own.verify_issued_by(&issuer) {
            Ok(()) if role == "PAA" => Link::new("ok", "signed by its own key"),
            Ok(()) => Link::new("ok", "signed by the certificate above"),
            Err(error) => Link::new("bad", &format!("not signed by the certificate above: {error}")),
        },
    };
    let certificate = read.and_then(Result::ok);
    let validity = certificate.as_ref().zip(time).map(|(own, time)| match () {
        () if own.validity().contains(time) => "valid",
        () if time < own.not_before() => "not yet valid",
        () => "expired",
    });
    CertificateNode {
        role,
        source,
        name: certificate.as_ref().and_then(|own| own.common_name()).map(Into::into),
        facts: certificate.as_ref().map(facts).unwrap_or_default(),
        validity,
        link,
    }
}

impl Link {
    fn new(state: &'static str, text: &str) -> Self {
        Self {
            state,
            text: text.into(),
        }
    }
}

fn facts(own: &Certificate) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some(vendor) = own.vendor_id() {
        facts.push(Fact::new("Vendor ID", vendor));
    }
    if let Some(product) = own.product_id() {
        facts.push(Fact::new("Product ID", product));
    }
    let end = own.not_after();
    let end = if end.year() == 9999 {
        "no end".to_owned()
    } else {
        day(end)
    };
    facts.push(Fact::new("Valid", format!("{} to {end}", day(own.not_before()))));
    facts.push(Fact::new("Serial number", own.serial()));
    let id = |id: Option<KeyId>| id.map_or_else(|| "none".to_owned(), |id| id.to_string());
    facts.push(Fact::new("Key identifier", id(own.subject_key_id())));
    facts.push(Fact::new("Issuer's key", id(own.authority_key_id())));
    facts
}

/// Formats the date of a time.
pub(crate) fn day(time: DateTime) -> String {
    format!("{:04}-{:02}-{:02}", time.year(), time.month(), time.day())
}
