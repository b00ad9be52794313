//! Converts the options of a run from text to values, and reads their files.

use std::num::NonZeroUsize;
use std::path::Path;

use cli::{
    Failure, FlashProfileFile, Written as _, open_p256_signer, parse, parse_number, parse_quietly, parse_time,
    read_certificate, read_declaration, read_file, read_private_key, read_table,
};
use esp_secure_cert::EfuseKey;
use matter_attestation::Object;
use matter_factory_data::InternalFile;
use matter_mfg::{
    Attestation, AttestationInputs, AttestationMode, Authority, BatchFiles, Columns, FlashJob, Job, LabelFormat,
    Message, Pai, RotatingIdPolicy, Storage, SuppliedDac, ValueList, parse_fixed_label, parse_supported_mode,
};
use matter_signer::P256Signer;

use crate::failure;
use crate::options::Options;

const VENDORS: &str = "0x0001 to 0xFFF4";
const PRODUCTS: &str = "0x0001 to 0xFFFF";
const DISCRIMINATORS: &str = "0 to 4095";
/// Default prefix of a PAI's common name, as in the reference tool.
const DEFAULT_PREFIX: &str = "ESP32";
/// Days of the years 1970 to 9999.
const MAX_LIFETIME: u32 = 2_932_896;

type Texts = Option<Vec<cli::Text>>;

impl Options {
    /// Parses the options and reads the files that they name.
    pub(crate) fn to_job(&self) -> Result<Job, Failure> {
        let vendor = required("--vendor-id", self.vendor_id.written())?;
        let vendor = parse_quietly("--vendor-id", vendor, VENDORS)?;
        let product = required("--product-id", self.product_id.written())?;
        let mut job = Job::new(vendor, parse_quietly("--product-id", product, PRODUCTS)?);
        self.set_run(&mut job)?;
        self.set_commissioning(&mut job)?;
        self.set_attestation(&mut job)?;
        job.storage = self.storage()?;
        self.set_flash(&mut job)?;
        self.set_product(&mut job)?;
        job.lists = self.lists(&job.attestation)?;
        self.set_files(&mut job)?;
        Ok(job)
    }

    fn set_run(&self, job: &mut Job) -> Result<(), Failure> {
        if let Some(outdir) = &self.outdir {
            if outdir.as_os_str().is_empty() {
                return Err(Failure::option("--outdir", "is empty; give the name of a folder"));
            }
            job.outdir.clone_from(outdir);
        }
        job.count = parse_number("--count", self.count.written(), 1, u32::MAX)?;
        if let Some(size) = self.size.written() {
            let wrong = |_| {
                Failure::option(
                    "--size",
                    format_args!("not a multiple of 0x1000 in the range 0x3000 to {:#x}", Job::MAX_SIZE),
                )
            };
            job.size = size.parse().map_err(wrong)?;
        }
        job.encrypt = self.encrypt;
        job.without_image = self.no_bin;
        job.internal = parse("--internal", self.internal.written())?.unwrap_or_default();
        let threads = parse_number("--jobs", self.jobs.written(), 1, 1024)?;
        let threads = threads.and_then(|threads| usize::try_from(threads).ok());
        job.threads = threads.and_then(NonZeroUsize::new);
        job.seed = parse("--seed", self.seed.written())?;
        Ok(())
    }

    fn set_commissioning(&self, job: &mut Job) -> Result<(), Failure> {
        job.passcode = parse("--passcode", self.passcode.written())?;
        let discriminator = self.discriminator.written();
        let discriminator = discriminator.map(|text| parse_quietly("--discriminator", text, DISCRIMINATORS));
        job.discriminator = discriminator.transpose()?;
        let iterations = parse("--iteration-count", self.iteration_count.written())?;
        job.iterations = iterations.unwrap_or(job.iterations);
        job.salt = parse("--salt", self.salt.written())?;
        job.verifier = parse("--verifier", self.verifier.written())?;
        job.dynamic_passcode = self.enable_dynamic_passcode;
        job.flow = parse("--commissioning-flow", self.commissioning_flow.written())?.unwrap_or(job.flow);
        job.discovery = parse("--discovery-mode", self.discovery_mode.written())?.unwrap_or(job.discovery);
        Ok(())
    }

    /// Refuses keys that users other than their owner may change.
    fn check_keys(&self) -> Result<(), Failure> {
        let signer = self.manifest_key_file().filter(|name| name.as_os_str() != "pai");
        let keys = [
            ("--key", self.key.as_deref()),
            ("--dac-key", self.dac_key.as_deref()),
            ("--sign-manifest", signer),
        ];
        for (option, path) in keys {
            path.map_or(Ok(()), |path| self.trust.check_key(option, path))?;
        }
        let Some(folder) = &self.dac_dir else { return Ok(()) };
        self.trust.check_folder("--dac-dir", folder)?;
        // An unreadable folder is refused by the code that reads it.
        let mut entries = folder.read_dir().into_iter().flatten().flatten();
        entries.try_for_each(|entry| self.trust.check_key("--dac-dir", &entry.path()))
    }

    fn set_attestation(&self, job: &mut Job) -> Result<(), Failure> {
        self.check_keys()?;
        job.declaration = given(self.cert_dclrn.as_deref(), |path| {
            read_declaration("--cert-dclrn", path)
        })?;
        if self.allow_cd_mismatch && job.declaration.is_none() {
            return Err(Failure::option("--allow-cd-mismatch", "requires --cert-dclrn"));
        }
        job.allow_declaration_mismatch = self.allow_cd_mismatch;
        job.attestation = self.attestation(&mut job.warnings)?;
        job.lifetime_days = parse_number("--lifetime", self.lifetime.written(), 1, MAX_LIFETIME)?;
        let start = self.valid_from.written().map(parse_time).transpose();
        job.valid_from = start.map_err(|reason| Failure::option("--valid-from", reason))?;
        Ok(())
    }

    fn attestation(&self, warnings: &mut Vec<Message>) -> Result<Attestation, Failure> {
        let password = self.password.written();
        let inputs = AttestationInputs {
            paa: self.paa,
            pai: self.pai,
            test_pki: self.test_pki,
            certificate: self.cert.is_some(),
            key: self.key.is_some(),
            signer: self.signer.is_some(),
            password: password.is_some(),
            common_name_prefix: self.cn_prefix.is_some(),
            dac_certificate: self.dac_cert.is_some(),
            dac_key: self.dac_key.is_some(),
            dac_folder: self.dac_dir.is_some(),
            ds_peripheral: self.ds_peripheral,
        };
        let mode = inputs.mode().map_err(failure)?;
        warnings.extend(inputs.unused());
        let certificate = given(self.cert.as_deref(), |path| {
            let authority = if mode == AttestationMode::Paa {
                Object::Paa
            } else {
                Object::Pai
            };
            read_certificate("--cert", Some(authority), path, password)
        })?;
        let key = given(self.key.as_deref(), |path| read_private_key("--key", path, password))?;
        let key = key.map(P256Signer::from);
        let key = match self.signer.written() {
            Some(uri) => Some(open_p256_signer("--signer", uri, password, self.trust)?),
            None => key,
        };
        if let (Some(_), Some(key), Some(certificate)) = (&self.signer, &key, &certificate)
            && key.public_key() != certificate.public_key()
        {
            return Err(Failure::option(
                "--signer",
                "is not the key of the certificate of --cert",
            ));
        }
        let common_name_prefix = self.cn_prefix.written().unwrap_or(DEFAULT_PREFIX).to_owned();
        Ok(match (mode, certificate, key) {
            (AttestationMode::TestPki, ..) => Attestation::TestPki { common_name_prefix },
            (AttestationMode::Paa, Some(certificate), Some(key)) => Attestation::Paa {
                authority: Box::new(Authority { certificate, key }),
                common_name_prefix,
            },
            (AttestationMode::Pai, Some(certificate), Some(key)) => {
                Attestation::Pai(Box::new(Pai { certificate, key }))
            }
            (AttestationMode::Supplied, Some(pai), key) => {
                if key.is_some_and(|key| key.public_key() != pai.public_key()) {
                    let reason = "is not the private key of the certificate of --cert";
                    return Err(Failure::option("--key", reason));
                }
                let dacs = self.supplied_dacs(password)?;
                Attestation::Supplied {
                    pai: Box::new(pai),
                    dacs,
                }
            }
            _ => Attestation::None,
        })
    }

    fn supplied_dacs(&self, password: Option<&str>) -> Result<Vec<SuppliedDac>, Failure> {
        if let Some(folder) = &self.dac_dir {
            return SuppliedDac::read_folder(folder, password).map_err(failure);
        }
        let dac = given(self.dac_cert.as_deref(), |path| {
            let certificate = read_certificate("--dac-cert", Some(Object::Dac), path, password)?;
            let key = given(self.dac_key.as_deref(), |path| {
                read_private_key("--dac-key", path, password)
            })?;
            Ok(SuppliedDac::new(certificate, key, path))
        })?;
        Ok(dac.into_iter().collect())
    }

    fn storage(&self) -> Result<Storage, Failure> {
        let mut storage = Storage::default();
        storage.dac_in_secure_cert = self.dac_in_secure_cert;
        storage.commissionable_data_in_secure_cert = self.commissionable_data_in_secure_cert;
        storage.rotating_id_in_secure_cert = self.rd_id_uid_in_secure_cert;
        storage.no_secure_cert_image = self.no_secure_cert_bin;
        storage.ds_peripheral = self.ds_peripheral;
        // The vendor's spelling of none.
        let id = self.efuse_key_id.written().filter(|id| *id != "-1");
        let id = parse_number("--efuse-key-id", id, 0, EfuseKey::MAX.id().into())?;
        storage.efuse_key = id.and_then(|id| EfuseKey::new(u8::try_from(id).ok()?).ok());
        storage.target = parse("--target", self.target.written())?.unwrap_or(storage.target);
        storage.port = self.port.written().map(ToOwned::to_owned);
        Ok(storage)
    }

    fn set_flash(&self, job: &mut Job) -> Result<(), Failure> {
        let Some(path) = &self.flash_plan else { return Ok(()) };
        let dac_block = job.storage.efuse_key.filter(|_| job.storage.ds_peripheral);
        let profile = FlashProfileFile::new(path)
            .with_digest_folder(InternalFile::FOLDER)
            .with_reserved_block(dac_block.map(|key| key.id().into()))
            .read("--flash-plan", self.trust)?;
        if self.target.written().is_none() {
            job.storage.target = profile.plan.profile().chip();
        }
        let flash = FlashJob::new(profile.plan, profile.nvs)
            .with_nvs_keys(profile.nvs_keys)
            .with_secure_cert(profile.secure_cert)
            .with_keys_dir(profile.keys_dir)
            .with_bootloader_key(profile.bootloader_key);
        job.flash = Some(flash);
        Ok(())
    }

    fn set_product(&self, job: &mut Job) -> Result<(), Failure> {
        for (option, field, values) in self.product() {
            for value in values {
                let added = field.add_text(&mut job.product, value.expose());
                added.map_err(|error| Failure::option(option, error))?;
            }
        }
        job.mqtt_host = parse("--mqtt-host", self.mqtt_host.written())?;
        let wanted = self.enable_rotating_device_id || self.rd_id_uid_in_secure_cert;
        job.rotating_id = match (wanted, parse("--rd-id-uid", self.rd_id_uid.written())?) {
            (true, Some(id)) => RotatingIdPolicy::Given(id),
            (true, None) => RotatingIdPolicy::Random,
            (false, None) => RotatingIdPolicy::None,
            (false, Some(_)) => {
                return Err(Failure::option("--rd-id-uid", "requires --enable-rotating-device-id"));
            }
        };
        job.locales = parse_all("--locales", &self.locales, str::parse)?;
        job.fixed_labels = parse_all("--fixed-labels", &self.fixed_labels, parse_fixed_label)?;
        job.supported_modes = parse_all("--supported-modes", &self.supported_modes, parse_supported_mode)?;
        Ok(())
    }

    fn lists(&self, attestation: &Attestation) -> Result<BatchFiles, Failure> {
        let mut lists = BatchFiles::default();
        lists.labels = match self.labels.written() {
            None | Some("none") => None,
            Some("svg") => Some(LabelFormat::Svg),
            Some("pdf") => Some(LabelFormat::Pdf),
            Some(_) => return Err(Failure::option("--labels", "must be 'svg', 'pdf' or 'none'")),
        };
        let sheet = self.label_texts();
        if let (None, Some(option)) = (self.labels.written(), sheet.given()) {
            return Err(Failure::option(option, "requires --labels svg or pdf"));
        }
        lists.label_sheet = sheet.sheet(failure)?;
        lists.qr_zip = self.qr_zip;
        lists.no_passcode_in_manifest = self.no_passcode_in_manifest;
        let with_pai = self.sign_manifest.as_deref() == Some(Path::new("pai"));
        // The PAI of supplied certificates does not sign certificates of this run.
        let of_supplied = with_pai && matches!(attestation, Attestation::Supplied { .. });
        let password = self.password.written();
        let read = |option: &str, path: &Path| read_private_key(option, path, password).map(P256Signer::from);
        let open = |option: &str, uri: &str| open_p256_signer(option, uri, password, self.trust).map(Some);
        lists.manifest_signer = match (&self.sign_manifest, self.manifest_key_file()) {
            (Some(_), _) if of_supplied => match self.signer.written() {
                Some(uri) => open("--signer", uri)?,
                None => given(self.key.as_deref(), |path| read("--key", path))?,
            },
            (Some(_), _) if with_pai => None,
            (_, Some(path)) => Some(read("--sign-manifest", path)?),
            (Some(uri), None) => open("--sign-manifest", uri.to_str().unwrap_or_default())?,
            (None, None) => None,
        };
        lists.sign_with_pai = self.sign_manifest.is_some() && lists.manifest_signer.is_none();
        Ok(lists)
    }

    fn set_files(&self, job: &mut Job) -> Result<(), Failure> {
        job.passcodes = given(self.passcodes.as_deref(), |path| {
            ValueList::passcodes(path, &read_file("--passcodes", path)?).map_err(failure)
        })?;
        job.discriminators = given(self.discriminators.as_deref(), |path| {
            ValueList::discriminators(path, &read_file("--discriminators", path)?).map_err(failure)
        })?;
        job.serial_numbers = given(self.serials.as_deref(), |path| {
            ValueList::serial_numbers(path, &read_file("--serials", path)?).map_err(failure)
        })?;
        let columns = given(self.csv.as_deref(), |path| read_table("--csv", path))?;
        let values = given(self.mcsv.as_deref(), |path| read_table("--mcsv", path))?;
        job.values = match (columns, values) {
            (Some(columns), Some(values)) => Some((Columns::new(&columns).map_err(failure)?, values)),
            (None, None) => None,
            (Some(_), None) => return Err(Failure::option("--csv", "requires --mcsv")),
            (None, Some(_)) => return Err(Failure::option("--mcsv", "requires --csv")),
        };
        Ok(())
    }
}

fn given<T>(path: Option<&Path>, read: impl FnOnce(&Path) -> Result<T, Failure>) -> Result<Option<T>, Failure> {
    path.map(read).transpose()
}

fn required<'t>(option: &str, text: Option<&'t str>) -> Result<&'t str, Failure> {
    text.ok_or_else(|| Failure::option(option, "is missing, and there is no default"))
}

fn parse_all<T, E: std::fmt::Display>(
    option: &str,
    texts: &Texts,
    parser: impl Fn(&str) -> Result<T, E>,
) -> Result<Vec<T>, Failure> {
    let texts = texts.iter().flatten();
    let values = texts.map(|text| parser(text.expose()).map_err(|error| Failure::option(option, error)));
    values.collect()
}
