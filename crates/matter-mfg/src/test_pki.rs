use std::ffi::OsStr;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use factory_fs::{Dir, FolderLock, Kind};
use matter_attestation::{Certificate, DateTime, Error as AttestationError, PrivateKey, TestChain};
use matter_factory_data::Declaration;
use matter_types::{ProductId, VendorId};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::message::message;
use crate::{Error, Field, Job, inputs};

/// The field of all errors here.
const FIELD: Field = Field::TestPki;
/// The files in its folder.
const PAA_CERT: &str = "PAA_cert.pem";
const PAA_KEY: &str = "PAA_key.pem";
const PAI_CERT: &str = "PAI_cert.pem";
const PAI_KEY: &str = "PAI_key.pem";
const DECLARATION: &str = "CD.der";
/// Name of the folder until it is complete.
const DRAFT: &str = ".test-pki.tmp";

/// A throw-away PKI for one vendor and product: PAA, PAI and a Certification Declaration signed with the published test
/// key, so that a commissioner accepts it only if configured to trust test devices.
#[derive(Clone, Debug)]
pub struct TestPki {
    folder: PathBuf,
    /// The key and the certificate of a new PAA, required only for writing them.
    new_paa: Option<(PrivateKey, Certificate)>,
    pai_key: PrivateKey,
    pai: Certificate,
    declaration: Declaration,
}

impl TestPki {
    /// Its folder in the output folder; for further products followed by their ids.
    const FOLDER: &str = "test-pki";

    /// Returns its folder, which may not exist yet.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the name of its folder.
    pub(crate) fn name(&self) -> &str {
        self.folder.file_name().and_then(OsStr::to_str).unwrap_or(Self::FOLDER)
    }

    /// Returns whether it existed before the run.
    #[must_use]
    pub const fn is_reused(&self) -> bool {
        self.new_paa.is_none()
    }

    pub(crate) const fn pai(&self) -> (&Certificate, &PrivateKey) {
        (&self.pai, &self.pai_key)
    }

    pub(crate) const fn declaration(&self) -> &Declaration {
        &self.declaration
    }

    /// Reads the PKI of an earlier run in the same output folder, or makes one in memory.
    pub(crate) fn open_or_make<R: CryptoRng + ?Sized>(
        outdir: &Path,
        vendor: VendorId,
        product: ProductId,
        common_name_prefix: &str,
        not_before: DateTime,
        rng: &mut R,
    ) -> Result<Self, Error> {
        check_prefix(common_name_prefix)?;
        let name = format!("{common_name_prefix} PAI 00");
        let mut folder = outdir.join(Self::FOLDER);
        if folder.exists() && !Self::is_of_product(&folder, vendor, product)? {
            folder = outdir.join(format!("{}-{}", Self::FOLDER, Job::folder_of(vendor, product)));
        }
        if folder.exists() {
            return Self::open(folder, vendor, product, &name);
        }
        Self::make(folder, vendor, product, &name, not_before, rng)
    }

    /// Returns whether the PAI of a folder is for the product.
    fn is_of_product(folder: &Path, vendor: VendorId, product: ProductId) -> Result<bool, Error> {
        let pai = inputs::read_certificate(FIELD, &folder.join(PAI_CERT))?;
        Ok(pai.vendor_id() == Some(vendor) && pai.product_id() == Some(product))
    }

    fn open(folder: PathBuf, vendor: VendorId, product: ProductId, name: &str) -> Result<Self, Error> {
        let pai = inputs::read_certificate(FIELD, &folder.join(PAI_CERT))?;
        let pai_key = inputs::read_private_key(FIELD, &folder.join(PAI_KEY), None)?;
        let declaration = inputs::read_declaration(FIELD, &folder.join(DECLARATION))?;
        let fits = pai.vendor_id() == Some(vendor)
            && pai.product_id() == Some(product)
            && pai.common_name() == Some(name)
            && declaration.content().covers(vendor, product);
        if !fits {
            let reason = message![
                format!("was not made for vendor {vendor}, product {product} and name '{name}'; choose another "),
                Field::OutputFolder,
                " or remove the folder"
            ];
            return Err(Error::file(FIELD, &folder, reason));
        }
        let paa = inputs::read_certificate(FIELD, &folder.join(PAA_CERT))?;
        pai.verify_issued_by(&paa)
            .map_err(|error| Error::file(FIELD, &folder.join(PAI_CERT), error))?;
        Ok(Self {
            folder,
            new_paa: None,
            pai_key,
            pai,
            declaration,
        })
    }

    /// Makes a PKI in memory that will be written to `folder`.
    pub(crate) fn make<R: CryptoRng + ?Sized>(
        folder: PathBuf,
        vendor: VendorId,
        product: ProductId,
        name: &str,
        not_before: DateTime,
        rng: &mut R,
    ) -> Result<Self, Error> {
        Self::issue(folder, vendor, product, name, not_before, rng).map_err(|error| Error::field(FIELD, error))
    }

    fn issue<R: CryptoRng + ?Sized>(
        folder: PathBuf,
        vendor: VendorId,
        product: ProductId,
        name: &str,
        not_before: DateTime,
        rng: &mut R,
    ) -> Result<Self, AttestationError> {
        let chain = TestChain::generate(vendor, product, name, not_before, rng)?;
        let declaration = Declaration::decode(chain.declaration).map_err(|_| AttestationError::EncodingFailed)?;
        Ok(Self {
            folder,
            new_paa: Some((chain.paa_key, chain.paa)),
            pai_key: chain.pai_key,
            pai: chain.pai,
            declaration,
        })
    }

    /// Writes a new PKI; its folder is published when it is complete and on disk.
    pub(crate) fn publish(&self, outdir: &Dir) -> Result<(), Error> {
        let Some((paa_key, paa)) = &self.new_paa else {
            return Ok(());
        };
        let failed = || Error::write(&self.folder);
        let _held = FolderLock::new(outdir).map_err(failed())?;
        match outdir.kind(self.name()).map_err(failed())? {
            None => {}
            Some(Kind::Folder) => return Err(Error::overtaken(&self.folder)),
            Some(other) => {
                let reason = format!("is {}, not a folder; remove it", other.name());
                return Err(Error::file(FIELD, &self.folder, reason));
            }
        }
        let pem = |key: &PrivateKey| -> Result<Zeroizing<String>, Error> {
            key.to_pkcs8_pem().map_err(|error| Error::field(FIELD, error))
        };
        let (paa_key, pai_key) = (pem(paa_key)?, pem(&self.pai_key)?);
        let (paa, pai) = (paa.to_pem(), self.pai.to_pem());
        let files: [(&str, &[u8]); 5] = [
            (PAA_CERT, paa.as_bytes()),
            (PAA_KEY, paa_key.as_bytes()),
            (PAI_CERT, pai.as_bytes()),
            (PAI_KEY, pai_key.as_bytes()),
            (DECLARATION, self.declaration.as_der()),
        ];
        let write = || {
            remove_draft(outdir)?;
            let draft = outdir.create_new_child(DRAFT)?;
            for (name, bytes) in files {
                draft.create_file(name)?.write_all(bytes)?;
            }
            outdir.sync_children([DRAFT])?;
            drop(draft);
            outdir.rename_new(DRAFT, outdir, self.name())?;
            outdir.sync()
        };
        write().map_err(|error| {
            // The next run removes what cannot be removed now.
            let _ = remove_draft(outdir);
            failed()(error)
        })
    }

    /// Removes the leftover of a run that was killed while writing its PKI. Writers hold the folder's lock.
    pub(crate) fn sweep(outdir: &Dir) -> Result<(), Error> {
        let failed = || Error::write(&outdir.path().join(DRAFT));
        if outdir.kind(DRAFT).map_err(failed())? == Some(Kind::Folder) {
            let _held = FolderLock::new(outdir).map_err(failed())?;
            remove_draft(outdir).map_err(failed())?;
        }
        Ok(())
    }
}

fn remove_draft(outdir: &Dir) -> std::io::Result<()> {
    match outdir.remove_tree(DRAFT) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Checks the prefix of the PAI's common name: at most 64 bytes in total, and no ids besides those of its attributes.
pub(crate) fn check_prefix(prefix: &str) -> Result<(), Error> {
    const MAX: usize = 57;
    let ids = ["Mvid:", "Mpid:"].iter().any(|id| prefix.contains(id));
    if prefix.is_empty() || prefix.len() > MAX || prefix.chars().any(char::is_control) || ids {
        let reason = "is not 1 to 57 bytes without control characters, Mvid: and Mpid:";
        return Err(Error::field(Field::CommonNamePrefix, reason));
    }
    Ok(())
}
