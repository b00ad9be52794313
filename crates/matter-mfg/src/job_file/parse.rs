use std::collections::BTreeSet;
use std::fmt::Display;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use esp_secure_cert::EfuseKey;
use matter_factory_data::{CalendarTypes, FixedLabel, SupportedMode};

use super::{JobFile, Text};
use crate::inputs::read_private_key;
use crate::plan::MAX_SIZE;
use crate::spelling::{parse_label, parse_mode};
use crate::{Attestation, Columns, Error, Job, LabelFormat, List, RotatingIdPolicy, parse_time, read_table};

const VENDORS: &str = "0x0001..=0xFFF4";
const PRODUCTS: &str = "0x0001..=0xFFFF";

impl JobFile {
    /// Understands the options and reads the files that they name.
    ///
    /// # Errors
    ///
    /// [`Error::Option`], [`Error::File`] or [`Error::Cell`] with what is wrong and what is allowed.
    pub fn into_job(self) -> Result<Job, Error> {
        let vendor = parse_quietly(
            "--vendor-id",
            required("--vendor-id", self.vendor_id.as_ref().map(Text::expose))?,
            VENDORS,
        )?;
        let product = parse_quietly(
            "--product-id",
            required("--product-id", self.product_id.as_ref().map(Text::expose))?,
            PRODUCTS,
        )?;
        let mut job = Job::new(vendor, product);
        self.set_run(&mut job)?;
        self.set_commissioning(&mut job)?;
        self.set_attestation(&mut job)?;
        self.set_storage(&mut job)?;
        self.set_device(&mut job)?;
        self.set_names(&mut job)?;
        self.set_lists(&mut job)?;
        self.set_files(&mut job)?;
        Ok(job)
    }

    /// Returns the files that the options name, each with its option, for [`crate::Run::with_inputs`].
    #[must_use]
    pub fn inputs(&self) -> Vec<(&'static str, PathBuf)> {
        let named = [
            ("--cert", &self.cert),
            ("--key", &self.key),
            ("--cert-dclrn", &self.cert_dclrn),
            ("--dac-cert", &self.dac_cert),
            ("--dac-key", &self.dac_key),
            ("--csv", &self.csv),
            ("--mcsv", &self.mcsv),
            ("--passcodes", &self.passcodes),
            ("--discriminators", &self.discriminators),
            ("--serials", &self.serials),
            ("--sign-manifest", &self.sign_manifest),
        ];
        let named = named
            .into_iter()
            .filter_map(|(option, path)| Some((option, path.clone()?)));
        named.collect()
    }

    fn set_run(&self, job: &mut Job) -> Result<(), Error> {
        if let Some(outdir) = &self.outdir {
            if outdir.as_os_str().is_empty() {
                return Err(Error::option("--outdir", "is empty; the name of a folder is allowed"));
            }
            job.outdir.clone_from(outdir);
        }
        job.count = parse_number("--count", self.count.as_ref().map(Text::expose), 1, u32::MAX)?;
        let size = self
            .size
            .as_ref()
            .map(Text::expose)
            .map(|text| text.parse().map_err(|_| size_error()));
        job.size = size.transpose()?.unwrap_or(job.size);
        job.encrypt = self.encrypt;
        job.without_image = self.no_bin;
        let threads = parse_number("--jobs", self.jobs.as_ref().map(Text::expose), 1, 1024)?;
        job.threads = threads
            .and_then(|threads| usize::try_from(threads).ok())
            .and_then(NonZeroUsize::new);
        job.seed = parse("--seed", self.seed.as_ref().map(Text::expose))?;
        Ok(())
    }

    fn set_commissioning(&self, job: &mut Job) -> Result<(), Error> {
        job.passcode = parse("--passcode", self.passcode.as_ref().map(Text::expose))?;
        let discriminator = self.discriminator.as_ref().map(Text::expose);
        job.discriminator = discriminator
            .map(|text| parse_quietly("--discriminator", text, "0..=4095"))
            .transpose()?;
        job.iterations =
            parse("--iteration-count", self.iteration_count.as_ref().map(Text::expose))?.unwrap_or(job.iterations);
        job.salt = parse("--salt", self.salt.as_ref().map(Text::expose))?;
        job.verifier = parse("--verifier", self.verifier.as_ref().map(Text::expose))?;
        job.dynamic_passcode = self.enable_dynamic_passcode;
        job.flow = parse(
            "--commissioning-flow",
            self.commissioning_flow.as_ref().map(Text::expose),
        )?
        .unwrap_or(job.flow);
        job.discovery =
            parse("--discovery-mode", self.discovery_mode.as_ref().map(Text::expose))?.unwrap_or(job.discovery);
        Ok(())
    }

    fn set_device(&self, job: &mut Job) -> Result<(), Error> {
        for (option, field, text) in self.product() {
            if let Some(text) = text {
                let set = field.set_text(&mut job.product, text.expose());
                set.map_err(|error| Error::option(option, error))?;
            }
        }
        job.mqtt_host = parse("--mqtt-host", self.mqtt_host.as_ref().map(Text::expose))?;
        job.rotating_id = match (
            self.enable_rotating_device_id || self.rd_id_uid_in_secure_cert,
            parse("--rd-id-uid", self.rd_id_uid.as_ref().map(Text::expose))?,
        ) {
            (true, Some(id)) => RotatingIdPolicy::Given(id),
            (true, None) => RotatingIdPolicy::Random,
            (false, None) => RotatingIdPolicy::None,
            (false, Some(_)) => {
                return Err(Error::option(
                    "--rd-id-uid",
                    "needs --enable-rotating-device-id beside it",
                ));
            }
        };
        Ok(())
    }

    fn set_names(&self, job: &mut Job) -> Result<(), Error> {
        for calendar in parse_all::<CalendarTypes, _>("--calendar-types", &self.calendar_types, str::parse)? {
            let all = &mut job.product.calendar_types;
            *all = Some(all.map_or(calendar, |all| all.with(calendar)));
        }
        job.locales = parse_all("--locales", &self.locales, str::parse)?;
        job.fixed_labels = parse_all::<FixedLabel, _>("--fixed-labels", &self.fixed_labels, parse_label)?;
        job.supported_modes = parse_all::<SupportedMode, _>("--supported-modes", &self.supported_modes, parse_mode)?;
        let mut seen = BTreeSet::new();
        for mode in &job.supported_modes {
            if !seen.insert((mode.endpoint, mode.mode)) {
                let reason = format!("mode {} of endpoint {} is there twice", mode.mode, mode.endpoint);
                return Err(Error::option("--supported-modes", reason));
            }
        }
        Ok(())
    }

    fn set_storage(&self, job: &mut Job) -> Result<(), Error> {
        let storage = &mut job.storage;
        storage.dac_in_secure_cert = self.dac_in_secure_cert;
        storage.commissionable_data_in_secure_cert = self.commissionable_data_in_secure_cert;
        storage.rotating_id_in_secure_cert = self.rd_id_uid_in_secure_cert;
        storage.no_secure_cert_image = self.no_secure_cert_bin;
        storage.ds_peripheral = self.ds_peripheral;
        // The vendor's spelling of none.
        let id = self.efuse_key_id.as_ref().map(Text::expose).filter(|id| *id != "-1");
        let id = parse_number("--efuse-key-id", id, 0, u32::from(EfuseKey::MAX.id()))?;
        storage.efuse_key = id.and_then(|id| EfuseKey::new(u8::try_from(id).ok()?).ok());
        storage.target = parse("--target", self.target.as_ref().map(Text::expose))?.unwrap_or_default();
        storage.port = self.port.as_ref().map(Text::expose).map(ToOwned::to_owned);
        Ok(())
    }

    fn set_lists(&self, job: &mut Job) -> Result<(), Error> {
        let lists = &mut job.lists;
        lists.labels = match self.labels.as_ref().map(Text::expose) {
            None | Some("none") => None,
            Some("svg") => Some(LabelFormat::Svg),
            Some("pdf") => Some(LabelFormat::Pdf),
            Some(_) => return Err(Error::option("--labels", "is none of svg, pdf and none")),
        };
        lists.qr_zip = self.qr_zip;
        lists.no_passcode_in_manifest = self.no_passcode_in_manifest;
        let password = self.password.as_ref().map(Text::expose);
        let supplied = matches!(job.attestation, Attestation::Supplied { .. });
        let (option, file) = match self.sign_manifest.as_deref() {
            // The PAI of supplied certificates signs none of the run's own.
            Some(name) if name == Path::new("pai") && supplied => ("--key", self.key.as_deref()),
            Some(name) if name == Path::new("pai") => ("--sign-manifest", None),
            file => ("--sign-manifest", file),
        };
        lists.manifest_signer = read(option, file, |option, path| read_private_key(option, path, password))?;
        lists.sign_with_pai = self.sign_manifest.is_some() && lists.manifest_signer.is_none();
        Ok(())
    }

    fn set_files(&self, job: &mut Job) -> Result<(), Error> {
        job.passcodes = read("--passcodes", self.passcodes.as_deref(), List::passcodes)?;
        job.discriminators = read("--discriminators", self.discriminators.as_deref(), List::discriminators)?;
        job.serial_numbers = read("--serials", self.serials.as_deref(), List::serial_numbers)?;
        let columns = read("--csv", self.csv.as_deref(), read_table)?;
        let values = read("--mcsv", self.mcsv.as_deref(), read_table)?;
        job.values = match (columns, values) {
            (Some(columns), Some(values)) => Some((Columns::new(&columns)?, values)),
            (None, None) => None,
            (Some(_), None) => return Err(Error::option("--csv", "needs --mcsv beside it")),
            (None, Some(_)) => return Err(Error::option("--mcsv", "needs --csv beside it")),
        };
        Ok(())
    }
}

fn size_error() -> Error {
    let reason = format!("not a multiple of 0x1000 in 0x3000..={MAX_SIZE:#x}");
    Error::option("--size", reason)
}

pub(super) fn read<T>(
    option: &'static str,
    path: Option<&Path>,
    reader: impl FnOnce(&'static str, &Path) -> Result<T, Error>,
) -> Result<Option<T>, Error> {
    path.map(|path| reader(option, path)).transpose()
}

pub(super) fn parse<T: FromStr<Err: Display>>(option: &'static str, text: Option<&str>) -> Result<Option<T>, Error> {
    text.map(str::parse)
        .transpose()
        .map_err(|error| Error::option(option, error))
}

/// A number out of range may be another option's secret: the error shows the range only.
fn parse_quietly<T: FromStr>(option: &'static str, text: &str, range: &str) -> Result<T, Error> {
    text.parse()
        .map_err(|_| Error::option(option, format_args!("not a number in {range}")))
}

pub(super) fn parse_number(option: &'static str, text: Option<&str>, min: u32, max: u32) -> Result<Option<u32>, Error> {
    let Some(text) = text else { return Ok(None) };
    let number = matter_types::parse_u32(text)
        .ok()
        .filter(|number| (min..=max).contains(number));
    number
        .map(Some)
        .ok_or_else(|| Error::option(option, format_args!("not a number in {min}..={max}")))
}

fn parse_all<T, E: Display>(
    option: &'static str,
    texts: &[Text],
    parser: impl Fn(&str) -> Result<T, E>,
) -> Result<Vec<T>, Error> {
    texts
        .iter()
        .map(|text| parser(text.expose()).map_err(|error| Error::option(option, error)))
        .collect()
}

fn required<'t>(option: &'static str, text: Option<&'t str>) -> Result<&'t str, Error> {
    text.ok_or_else(|| Error::option(option, "is missing, and there is no default"))
}

pub(super) fn start(text: Option<&str>) -> Result<Option<matter_attestation::DateTime>, Error> {
    text.map(parse_time)
        .transpose()
        .map_err(|reason| Error::option("--valid-from", reason))
}
