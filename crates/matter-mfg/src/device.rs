use std::collections::BTreeMap;
use std::io::{self, Write as _};

use esp_nvs_image::{CsvWriter, Encoding, Key, Namespace};
use esp_secure_cert::EfuseKey;
use factory_fs::Dir;
use matter_factory_data::{
    AttestationCredentials, DacKeyStorage, DeviceRecord, FolderFile, Images, InternalFile, Place, StorageLayout,
};
use matter_setup_payload::{CommissioningFlow, GroupedManualCode, ManualPayload, QrText, SetupPayload, qr_png};
use zeroize::Zeroizing;

use crate::device_tables::{LineEnd, line};
use crate::flash::DeviceFlash;
use crate::manifest::{FileEntry, FileHash, ManifestDevice};
use crate::plan::Identity;
use crate::timing::{Phase, Timings};
use crate::{Error, InternalFiles, Plan};

mod sealing;

/// Pixels per module of the QR code, as in the reference tool's pictures.
const QR_SCALE: u8 = 6;

/// The files of one device, read back and verified.
pub(crate) struct Device {
    pub(crate) uuid: String,
    pub(crate) record: DeviceRecord,
    pub(crate) layout: StorageLayout<'static>,
    /// The files beside the images.
    pub(crate) internal: InternalFiles,
    /// `None` for a device that draws its passcode itself.
    pub(crate) label: Option<Label>,
    /// Until they are on disk.
    images: Option<Finished>,
    /// Until it is on disk.
    flash: Option<DeviceFlash>,
    /// The files of the device's folder, once they are on disk.
    pub(crate) files: BTreeMap<String, FileEntry>,
}

/// The images of a device as they are flashed.
struct Finished {
    nvs: Option<Zeroizing<Vec<u8>>>,
    is_encrypted: bool,
    /// The keys partition of an encrypted image, unless its keys are in eFuses.
    keys: Option<Zeroizing<Vec<u8>>>,
    secure_cert: Option<Zeroizing<Vec<u8>>>,
}

impl From<Images> for Finished {
    fn from(images: Images) -> Self {
        let (nvs, secure_cert) = images.into_parts();
        Self {
            nvs: Some(nvs),
            is_encrypted: false,
            keys: None,
            secure_cert,
        }
    }
}

/// The printed codes of a device.
pub(crate) struct Label {
    pub(crate) qr: QrText,
    pub(crate) manual: GroupedManualCode,
    pub(crate) passcode: Zeroizing<String>,
    picture: Zeroizing<Vec<u8>>,
}

/// Returns the file in `internal/` with the value of a key.
pub(crate) fn file_of(key: &Key) -> Option<InternalFile> {
    match key.as_str() {
        "dac-cert" => Some(InternalFile::DacDer),
        "dac-key" => Some(InternalFile::DacPrivateKey),
        "dac-pub-key" => Some(InternalFile::DacPublicKey),
        "pai-cert" => Some(InternalFile::PaiDer),
        "cert-dclrn" => Some(InternalFile::Declaration),
        _ => None,
    }
}

/// An entry as a row of the reference generator's CSV.
pub(crate) struct Row {
    pub(crate) namespace: Namespace,
    pub(crate) key: Key,
    pub(crate) file: Option<InternalFile>,
    pub(crate) encoding: Encoding,
    /// The text of the cell, unless the value is in a file.
    pub(crate) text: Zeroizing<String>,
}

impl Row {
    /// Returns whether the value is free text, which may look like a formula. Salt and verifier are Base64.
    pub(crate) fn is_free_text(&self) -> bool {
        self.encoding == Encoding::String && !matches!(self.key.as_str(), "salt" | "verifier")
    }
}

/// Returns all NVS entries of a record as rows.
pub(crate) fn rows(record: &DeviceRecord, layout: &StorageLayout<'_>) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    let visited = record.visit_nvs(layout, |namespace, key, value| {
        let file = file_of(key).filter(|_| *namespace == matter_factory_data::NAMESPACE);
        let (encoding, text) = match file {
            Some(_) => (Encoding::Binary, String::new()),
            None => Encoding::format(value),
        };
        rows.push(Row {
            namespace: *namespace,
            key: *key,
            file,
            encoding,
            text: Zeroizing::new(text),
        });
        Ok::<(), matter_factory_data::Error>(())
    });
    visited.map_err(Error::encode)?;
    Ok(rows)
}

impl Device {
    /// Makes the images and the codes of a record and reads them back.
    pub(crate) fn finish(identity: Identity, plan: &Plan, timings: &mut Timings) -> Result<Self, Error> {
        let Identity { uuid, record } = identity;
        plan.check_keys(&record)?;
        let layout = *plan.layout();
        let images = timings.measure(Phase::Nvs, || {
            let wrong = |error: matter_factory_data::Error| Error::read_back(error);
            let images = record.encode(plan.job().size, &layout).map_err(wrong)?;
            let (read, found) = record.decode_again(images.nvs(), images.secure_cert()).map_err(wrong)?;
            match record.first_difference(&read) {
                Some(key) => Err(Error::read_back(format_args!("key '{key}' differs"))),
                None if found != layout => Err(Error::read_back("an entry is in the wrong partition")),
                None => Ok(images),
            }
        })?;
        // Without a verifier the device draws its passcode itself and shows it.
        let label = record.verifier().map(|_| Label::new(&record, timings)).transpose()?;
        Ok(Self {
            uuid,
            record,
            layout,
            internal: plan.job().internal,
            label,
            images: Some(images.into()),
            flash: None,
            files: BTreeMap::new(),
        })
    }

    /// Writes the device's folder into a hidden one until the ledger lists the device.
    pub(crate) fn write(&mut self, devices: &Dir) -> Result<(), Error> {
        let uuid = &self.uuid;
        let mut folder = DeviceFolder::new(devices, uuid)?;
        if let Some(images) = &self.images {
            if let Some(nvs) = &images.nvs {
                let hides = images.is_encrypted || self.hides_verifier(Place::Nvs);
                folder.add(&FolderFile::Nvs.name(uuid), nvs, hides)?;
            }
            if let Some(keys) = &images.keys {
                folder.add(&FolderFile::NvsKeys.name(uuid), keys, true)?;
            }
            if let Some(image) = &images.secure_cert {
                let hides = self.hides_verifier(Place::SecureCert);
                folder.add(&FolderFile::SecureCert.name(uuid), image, hides)?;
            }
        }
        if let Some(flash) = &self.flash {
            self.add_flash(&mut folder, flash)?;
        }
        if let Some(label) = &self.label {
            folder.add(&FolderFile::QrPicture.name(uuid), &label.picture, false)?;
            let codes = self.onboarding_codes(label)?;
            folder.add(&FolderFile::OnboardingCodes.name(uuid), codes.as_bytes(), false)?;
        }
        if let Some(credentials) = self.record.credentials() {
            self.add_credentials(&mut folder, credentials)?;
        }
        if let Some(declaration) = &self.record.declaration {
            self.add_internal(&mut folder, InternalFile::Declaration, || Ok(declaration.as_der()))?;
        }
        if self.internal.has(InternalFile::PartitionCsv) {
            // The private key is in a file beside it.
            let table = self.partition_csv()?;
            folder.add(InternalFile::PartitionCsv.path(), table.as_bytes(), false)?;
        }
        self.files = folder.files;
        Ok(())
    }

    /// The plan contains the hashes of all parts.
    fn add_flash(&self, folder: &mut DeviceFolder, flash: &DeviceFlash) -> Result<(), Error> {
        let is_encrypted = self.images.as_ref().is_some_and(|images| images.is_encrypted);
        let hides = flash.is_encrypted()
            || (is_encrypted || self.hides_verifier(Place::Nvs)) && self.hides_verifier(Place::SecureCert);
        folder.add_with(&FolderFile::Flash.name(&self.uuid), hides, |write| flash.write(write))?;
        folder.add(&FolderFile::FlashPlan.name(&self.uuid), flash.document(), hides)?;
        for (file, digest) in InternalFile::SECURE_BOOT_DIGESTS.iter().zip(flash.digests()) {
            folder.add(file.path(), digest, true)?;
        }
        Ok(())
    }

    /// Returns whether the hash of an image reveals nothing guessable: the image has no verifier, which follows from
    /// the passcode and a salt that the device discloses (Matter Core 4.14.1, PBKDFParamResponse), or it has random
    /// secrets.
    fn hides_verifier(&self, place: Place) -> bool {
        let holds_verifier = self.record.verifier().is_some() && self.layout.commissionable_data() == place;
        let holds_key = holds_plain_key(&self.record, &self.layout, place);
        // Two secret random numbers of 32 bytes.
        let holds_numbers = self.record.secure_cert_numbers.is_some() && place == Place::SecureCert;
        !holds_verifier || holds_key || holds_numbers
    }

    /// Describes the device, which is on disk, for the manifest. Without codes it omits hash and size of each file from
    /// which the passcode could be guessed.
    pub(crate) fn manifest_entry(&self, with_codes: bool) -> ManifestDevice {
        let codes = self.label.as_ref().filter(|_| with_codes);
        let codes = codes.map(|label| (&label.qr, &label.manual));
        let files = self.files.iter().filter(|(_, file)| with_codes || file.hides_passcode);
        let files = files.map(|(name, file)| (name.clone(), file.clone())).collect();
        ManifestDevice::new(&self.uuid, &self.record, codes, files)
    }

    /// A key for an eFuse goes into one file with a telling name, and into nothing that could be mistaken for an image.
    fn add_credentials(&self, folder: &mut DeviceFolder, credentials: &AttestationCredentials) -> Result<(), Error> {
        let dac = credentials.dac();
        self.add_internal(folder, InternalFile::DacPem, || Ok(dac.to_pem()))?;
        self.add_internal(folder, InternalFile::DacDer, || Ok(dac.as_der()))?;
        self.add_internal(folder, InternalFile::DacPublicKey, || Ok(*dac.public_key().as_bytes()))?;
        self.add_internal(folder, InternalFile::PaiDer, || Ok(credentials.pai().as_der()))?;
        let Some(key) = credentials.key() else { return Ok(()) };
        let pem = || key.to_pkcs8_pem().map_err(Error::encode);
        match self.layout.key() {
            DacKeyStorage::Plain => {
                self.add_internal(folder, InternalFile::DacKeyPem, pem)?;
                self.add_internal(folder, InternalFile::DacKeyDer, || Ok(key.to_sec1_der()))?;
                self.add_internal(folder, InternalFile::DacPrivateKey, || Ok(key.expose_scalar()))
            }
            DacKeyStorage::EfuseEcdsa(_) => self.add_internal(folder, InternalFile::EfuseKey, pem),
            // The chip made it; an external copy is its owner's responsibility.
            _ => Ok(()),
        }
    }

    /// Writes a file from which the passcode cannot be guessed, if such files are enabled.
    fn add_internal<B: AsRef<[u8]>>(
        &self,
        folder: &mut DeviceFolder,
        file: InternalFile,
        bytes: impl FnOnce() -> Result<B, Error>,
    ) -> Result<(), Error> {
        if self.internal.has(file) {
            folder.add(file.path(), bytes()?.as_ref(), true)?;
        }
        Ok(())
    }

    /// Releases the data that only the device's folder requires.
    pub(crate) fn drop_files(&mut self) {
        self.images = None;
        if let Some(label) = &mut self.label {
            label.picture = Zeroizing::default();
        }
    }

    fn onboarding_codes(&self, label: &Label) -> Result<Zeroizing<String>, Error> {
        let discriminator = self.record.discriminator().to_string();
        let row = line(
            LineEnd::Lf,
            [
                label.qr.as_str(),
                label.manual.as_str(),
                &discriminator,
                &label.passcode,
            ],
        )?;
        Ok(Zeroizing::new(format!(
            "qrcode,manualcode,discriminator,passcode\n{}",
            *row
        )))
    }

    /// Returns the CSV from which the reference generator makes the same image when it runs in `internal/`.
    fn partition_csv(&self) -> Result<Zeroizing<String>, Error> {
        let mut writer = CsvWriter::new();
        for row in rows(&self.record, &self.layout)? {
            let Row {
                namespace,
                key,
                encoding,
                ..
            } = row;
            let added = match row.file {
                Some(file) => writer.file(namespace, key, encoding, file.name()),
                None => writer.data(namespace, key, encoding, &row.text),
            };
            added.map_err(Error::encode)?;
        }
        Ok(Zeroizing::new(writer.finish()))
    }
}

/// The folder of a device and the manifest entries of its files.
struct DeviceFolder {
    dir: Dir,
    internal: Option<Dir>,
    files: BTreeMap<String, FileEntry>,
}

impl DeviceFolder {
    fn new(devices: &Dir, uuid: &str) -> Result<Self, Error> {
        let dir = devices.create_new_child(uuid);
        Ok(Self {
            dir: dir.map_err(Error::write(&devices.path().join(uuid)))?,
            internal: None,
            files: BTreeMap::new(),
        })
    }

    /// Writes a file. `hides_passcode` states that the passcode cannot be guessed from the file's hash or size.
    fn add(&mut self, name: &str, bytes: &[u8], hides_passcode: bool) -> Result<(), Error> {
        self.add_with(name, hides_passcode, |write| write(bytes))
    }

    /// As [`Self::add`], for data in several pieces.
    fn add_with(
        &mut self,
        name: &str,
        hides_passcode: bool,
        fill: impl FnOnce(Write<'_>) -> io::Result<()>,
    ) -> Result<(), Error> {
        let mut hash = FileHash::default();
        let write = |dir: &Dir, name: &str| {
            let mut file = dir.create_file(name)?;
            fill(&mut |bytes| {
                hash.update(bytes);
                file.write_all(bytes)
            })
        };
        let written = match name.strip_prefix(InternalFile::FOLDER) {
            None => write(&self.dir, name),
            Some(inner) => match &self.internal {
                Some(internal) => write(internal, inner),
                None => self.dir.create_new_child("internal").and_then(|internal| {
                    write(&internal, inner)?;
                    self.internal = Some(internal);
                    Ok(())
                }),
            },
        };
        written.map_err(Error::write(&self.dir.path().join(name)))?;
        self.files.insert(name.to_owned(), hash.finish(hides_passcode));
        Ok(())
    }
}

/// Appends bytes.
type Write<'w> = &'w mut dyn FnMut(&[u8]) -> io::Result<()>;

/// Returns the eFuse key block for a device's private key if it is in no image.
pub(crate) fn dac_key_block(record: &DeviceRecord, layout: &StorageLayout<'_>) -> Option<EfuseKey> {
    match layout.key() {
        DacKeyStorage::EfuseEcdsa(block) => record.credentials()?.key().map(|_| block),
        _ => None,
    }
}

/// Returns whether a device's private key is readable in an unencrypted image.
pub(crate) fn holds_plain_key(record: &DeviceRecord, layout: &StorageLayout<'_>, place: Place) -> bool {
    record.credentials().is_some_and(|found| found.key().is_some())
        && layout.attestation() == place
        && !layout.is_keyless()
}

impl Label {
    fn new(record: &DeviceRecord, timings: &mut Timings) -> Result<Self, Error> {
        let (Some(payload), Some(passcode)) = (record.setup_payload(), record.passcode()) else {
            return Err(Error::read_back("the record has no passcode"));
        };
        let qr = payload.qr_text();
        let manual = payload.manual_code().grouped();
        check_codes(&payload, &qr, &manual)?;
        let passcode = Zeroizing::new(passcode.expose().to_string());
        let picture = timings.measure(Phase::Qr, || qr_png(qr.as_str(), QR_SCALE));
        let picture = Zeroizing::new(picture.map_err(Error::encode)?);
        Ok(Self {
            qr,
            manual,
            passcode,
            picture,
        })
    }
}

/// Decodes both codes and compares them with the payload they were made from.
fn check_codes(payload: &SetupPayload, qr: &QrText, manual: &GroupedManualCode) -> Result<(), Error> {
    let wrong = |code: &str, reason: &dyn std::fmt::Display| Error::read_back(format_args!("{code}: {reason}"));
    let read: SetupPayload = qr.as_str().parse().map_err(|error| wrong("QR text", &error))?;
    let same = read.vendor_id() == payload.vendor_id()
        && read.product_id() == payload.product_id()
        && read.flow() == payload.flow()
        && read.discovery() == payload.discovery()
        && read.discriminator() == payload.discriminator()
        && read.passcode().expose() == payload.passcode().expose();
    if !same {
        return Err(wrong("QR text", &"differs from the record"));
    }
    let typed: ManualPayload = manual.as_str().parse().map_err(|error| wrong("manual code", &error))?;
    let ids = typed.ids().map(|ids| (ids.vendor_id, ids.product_id));
    let expected = (payload.flow() != CommissioningFlow::Standard).then(|| (payload.vendor_id(), payload.product_id()));
    let same = typed.short_discriminator() == payload.discriminator().short()
        && typed.passcode().expose() == payload.passcode().expose()
        && ids == expected;
    if same {
        Ok(())
    } else {
        Err(wrong("manual code", &"differs from the record"))
    }
}
