use std::path::{Path, PathBuf};

use matter_attestation::{Certificate, DateTime, PrivateKey};
use matter_factory_data::AttestationCredentials;
use matter_types::{ProductId, VendorId};
use uuid::Uuid;

use crate::dac_folder::read_dac_folder;
use crate::message::message;
use crate::{Error, Field, Message};

/// A device's certificate issued elsewhere, and its key.
///
/// # Examples
///
/// ```
/// use std::path::Path;
///
/// use matter_mfg::matter_attestation::Certificate;
/// use matter_mfg::{Attestation, Error, SuppliedDac};
///
/// fn supplied(pai: Certificate, folder: &Path) -> Result<Attestation, Error> {
///     let dacs = SuppliedDac::read_folder(folder, None)?;
///     Ok(Attestation::Supplied { pai: Box::new(pai), dacs })
/// }
/// ```
#[derive(Clone, Debug)]
pub struct SuppliedDac {
    /// The certificate.
    pub certificate: Certificate,
    /// Its key; `None` if it is on the chip.
    pub key: Option<PrivateKey>,
    /// Its origin, for errors.
    pub(crate) origin: (Field, PathBuf),
}

impl SuppliedDac {
    /// Combines a certificate read from the file `path` with its key.
    #[must_use]
    pub fn new(certificate: Certificate, key: Option<PrivateKey>, path: &Path) -> Self {
        let origin = (Field::DacCertificate, path.into());
        Self {
            certificate,
            key,
            origin,
        }
    }

    /// Reads all DACs of a folder, in the order of their file names, and finds their keys among the folder's files.
    ///
    /// Files are recognized by content: PEM (also with several blocks), a certificate in DER, a key in PKCS#8 or SEC 1,
    /// 32 raw bytes, or PKCS#12 with the feature `pkcs12`. Hidden files and certificates of authorities, such as those
    /// included in PKCS#12, are skipped; every other file must be used.
    ///
    /// # Errors
    ///
    /// [`Error::File`]
    pub fn read_folder(folder: &Path, password: Option<&str>) -> Result<Vec<Self>, Error> {
        read_dac_folder(folder, password)
    }

    /// Returns the common name if it is a UUID in its usual form, which then names the device.
    pub(crate) fn uuid(&self) -> Option<&str> {
        let name = self.certificate.common_name()?;
        let usual = name.len() == uuid::fmt::Hyphenated::LENGTH;
        (usual && Uuid::try_parse(name).is_ok()).then_some(name)
    }

    /// Checks the certificate against its key, which may be `on_chip`, the PAI, vendor and product, and the time.
    pub(crate) fn check(
        &self,
        on_chip: bool,
        pai: &Certificate,
        (vendor, product): (VendorId, ProductId),
        time: DateTime,
    ) -> Result<AttestationCredentials, Error> {
        let (field, path) = &self.origin;
        let wrong = |reason: Message| Error::file(*field, path, reason);
        let dac = &self.certificate;
        if dac.is_ca() {
            return Err(wrong("is the certificate of an authority, not of a device".into()));
        }
        if dac.vendor_id() != Some(vendor) {
            let found = dac
                .vendor_id()
                .map_or("no vendor".to_owned(), |id| format!("vendor {id}"));
            return Err(wrong(
                format!("is for {found}, but the devices are of vendor {vendor}").into(),
            ));
        }
        if dac.product_id() != Some(product) {
            let found = dac
                .product_id()
                .map_or("no product".to_owned(), |id| format!("product {id}"));
            return Err(wrong(
                format!("is for {found}, but the devices are of product {product}").into(),
            ));
        }
        if !dac.validity().contains(time) {
            let (first, last) = (dac.not_before(), dac.not_after());
            return Err(wrong(
                format!("is valid from {first} to {last}, which does not include {time}").into(),
            ));
        }
        if self.key.is_none() && !on_chip {
            return Err(wrong(message![
                "has no key, which only ",
                Field::DsPeripheral,
                " allows"
            ]));
        }
        if self
            .key
            .as_ref()
            .is_some_and(|key| dac.public_key() != key.public_key())
        {
            return Err(wrong("is not the certificate of the key".into()));
        }
        let credentials = match self.key.clone() {
            Some(key) => AttestationCredentials::new(dac.clone(), key, pai.clone()),
            None => AttestationCredentials::without_key(dac.clone(), pai.clone()),
        };
        credentials.map_err(|error| {
            wrong(message![
                "is not signed by the PAI of ",
                Field::Certificate,
                format!(": {error}")
            ])
        })
    }
}
