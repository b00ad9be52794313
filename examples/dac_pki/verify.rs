//! `dac-pki verify`: verifies a chain, its declaration and its key as a commissioner does.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use cli::{
    Failure, Password, insert_paa_folder, now, parse, parse_time, random, read_certificate, read_paas, read_part,
    read_private_key, say,
};
use matter_attestation::{
    DateTime, DeclarationSigners, Error, Object, PaaStore, Part, PrivateKey, Profile, RevocationSet, Verification,
    VerificationReport,
};
use matter_types::{ProductId, VendorId};
use zeroize::Zeroizing;

use crate::{Common, revocation, show};

#[derive(Args)]
pub(crate) struct Verify {
    /// Trusted PAA, a file with several, or a folder of trusted PAAs
    #[arg(long, value_name = "FILE|DIR")]
    paa: PathBuf,
    /// Certificate of the PAI
    #[arg(long, value_name = "FILE")]
    pai: PathBuf,
    /// Certificate of the device
    #[arg(long, value_name = "FILE")]
    dac: PathBuf,
    /// Private key of the device; with --cd, --vid and --pid it answers an attestation request
    #[arg(long, value_name = "FILE")]
    dac_key: Option<PathBuf>,
    /// Certification Declaration
    #[arg(long, value_name = "FILE")]
    cd: Option<PathBuf>,
    /// Vendor id in Basic Information, 0x0001 to 0xFFF4
    #[arg(long, value_name = "ID", allow_hyphen_values = true, requires = "pid")]
    vid: Option<String>,
    /// Product id in Basic Information, 0x0001 to 0xFFFF
    #[arg(long, value_name = "ID", allow_hyphen_values = true, requires = "vid")]
    pid: Option<String>,
    /// Time at which the certificates must be valid [default: now]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    at: Option<String>,
    /// Revoked certificates: a set as written by revoke-set build or the Matter SDK's script
    #[arg(long, value_name = "FILE")]
    revocation_set: Option<PathBuf>,
    #[command(flatten)]
    rules: Rules,
}

/// Rules by which findings are weighed.
#[derive(Args)]
pub(crate) struct Rules {
    /// Rules: strict for every rule, sdk for errors only where the Matter SDK's commissioner refuses
    #[arg(long, value_enum, default_value_t = Choice::Strict)]
    profile: Choice,
    /// Accept declarations signed with the published test key
    #[arg(long)]
    allow_test_cd: bool,
    /// Certificate of an additional trusted signer of declarations; may be given several times
    #[arg(long, value_name = "CERT")]
    cd_signer: Vec<PathBuf>,
    #[command(flatten)]
    password: Password,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Choice {
    Strict,
    Sdk,
}

impl Choice {
    pub(crate) const fn profile(self) -> Profile {
        match self {
            Self::Strict => Profile::Strict,
            Self::Sdk => Profile::Sdk,
        }
    }
}

impl Rules {
    pub(crate) const fn profile(&self) -> Profile {
        self.profile.profile()
    }

    pub(crate) fn password(&self) -> Result<Option<Zeroizing<String>>, Failure> {
        self.password.read()
    }

    pub(crate) fn signers(&self, password: Option<&str>) -> Result<DeclarationSigners, Failure> {
        let mut signers = DeclarationSigners::new().with_test_key(self.allow_test_cd);
        for path in &self.cd_signer {
            let wrong = |error| Failure::option("--cd-signer", format_args!("{}: {error}", path.display()));
            let certificate = read_certificate("--cd-signer", None, path, password)?;
            signers = signers.with_trusted_certificate(&certificate).map_err(wrong)?;
        }
        Ok(signers)
    }
}

impl Verify {
    pub(crate) fn run(&self, common: &Common) -> Result<(), Failure> {
        let vendor_id = parse::<VendorId>("--vid", self.vid.as_deref())?;
        let product = vendor_id.zip(parse::<ProductId>("--pid", self.pid.as_deref())?);
        let time = time(self.at.as_deref())?;
        let password = self.rules.password()?;
        let password = password.as_deref().map(String::as_str);
        let trusted = Trusted::read(&self.paa, password)?;
        let pai = read_part("--pai", Object::Pai, &self.pai, password)?;
        let dac = read_part("--dac", Object::Dac, &self.dac, password)?;
        let declaration = self
            .cd
            .as_deref()
            .map(|path| read_part("--cd", Object::Cd, path, password))
            .transpose()?;
        let key = self
            .dac_key
            .as_deref()
            .map(|path| read_private_key("--dac-key", path, password))
            .transpose()?;
        let set = self.revocation_set.as_deref().map(revocation::read_set).transpose()?;
        let report = Device {
            trusted: Some(&trusted),
            pai: pai.as_der(),
            dac: dac.as_der(),
            declaration: declaration.as_ref().map(Part::as_der),
            key: key.as_ref(),
            product,
            time,
            revocation: set.as_ref(),
        }
        .check(&self.rules.signers(password)?, self.rules.profile())?;
        show::report(&report, true, common.json)
    }
}

/// The trusted PAAs: a single one, which is checked too, or many.
pub(crate) enum Trusted {
    One(Part),
    Folder(PaaStore),
}

impl Trusted {
    /// Reads the PAAs in a file or in a folder; other files of the folder are counted and ignored.
    pub(crate) fn read(path: &Path, password: Option<&str>) -> Result<Self, Failure> {
        let mut store = PaaStore::new();
        if path.is_dir() {
            insert_paa_folder(path, &mut store)?;
            return Ok(Self::Folder(store));
        }
        let mut paas = read_paas("--paa", path, password)?;
        if paas.len() == 1
            && let Some(paa) = paas.pop()
        {
            return Ok(Self::One(paa));
        }
        for paa in paas {
            let added = store.insert(paa.as_der());
            added.map_err(|error| Failure::option("--paa", format_args!("{}: {error}", path.display())))?;
        }
        Ok(Self::Folder(store))
    }
}

/// The inputs for one device.
pub(crate) struct Device<'a> {
    pub(crate) trusted: Option<&'a Trusted>,
    pub(crate) pai: &'a [u8],
    pub(crate) dac: &'a [u8],
    pub(crate) declaration: Option<&'a [u8]>,
    pub(crate) key: Option<&'a PrivateKey>,
    pub(crate) product: Option<(VendorId, ProductId)>,
    pub(crate) time: DateTime,
    pub(crate) revocation: Option<&'a RevocationSet>,
}

impl Device<'_> {
    /// Checks the given parts; if all are present, the key answers an attestation request.
    pub(crate) fn check(&self, signers: &DeclarationSigners, profile: Profile) -> Result<VerificationReport, Failure> {
        let mut check = Verification::new().with_pai(self.pai).with_dac(self.dac).at(self.time);
        check = check.with_declaration_signers(signers);
        match self.trusted {
            Some(Trusted::One(paa)) => check = check.with_paa(paa.as_der()),
            Some(Trusted::Folder(store)) => check = check.with_paa_store(store),
            None => {}
        }
        if let Some(declaration) = self.declaration {
            check = check.with_declaration(declaration);
        }
        if let Some((vendor_id, product_id)) = self.product {
            check = check.with_product(vendor_id, product_id);
        }
        if let Some(set) = self.revocation {
            check = check.with_revocation_set(set);
        }
        let complete = self.trusted.is_some() && self.declaration.is_some() && self.product.is_some();
        match self.key {
            Some(key) if complete => match check.self_test(key, &mut random()?, profile) {
                // No answer is possible then; everything else is still checked.
                Err(Error::ElementsTooLong { .. }) => {
                    say("the declaration is too long for an answer to an attestation request");
                    Ok(check.with_dac_key(key.public_key()).complete().run(profile))
                }
                tested => tested.map_err(|error| Failure::Work(format!("cannot answer a request: {error}"))),
            },
            Some(key) => Ok(check.with_dac_key(key.public_key()).run(profile)),
            None => Ok(check.run(profile)),
        }
    }
}

/// Parses `--at`.
pub(crate) fn time(text: Option<&str>) -> Result<DateTime, Failure> {
    match text {
        Some(text) => parse_time(text).map_err(|reason| Failure::option("--at", reason)),
        None => now(),
    }
}
