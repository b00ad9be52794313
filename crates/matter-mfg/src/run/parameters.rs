use esp_nvs_image::Encoding;
use matter_factory_data::ProductInformation;
use matter_ledger::{Order, Parameter};
use zeroize::Zeroizing;

use crate::attestation::Attestation;
use crate::job::Job;
use crate::plan::Plan;
use crate::{BatchFiles, Field, ValueList};

/// Parameters that a continued run must share, by option name: the ledger stores HMACs of them.
///
/// The last entry covers every other option by its `Debug` output; secrets, which are not part of that, have entries of
/// their own. Outputs made of finished devices (lists, labels) and the audit may change.
pub(super) fn parameters(plan: &Plan, order: Option<&Order>) -> Vec<Parameter> {
    let job = plan.job();
    let text = |value: &dyn std::fmt::Debug| Zeroizing::new(format!("{value:?}").into_bytes());
    let bytes = |bytes: &[u8]| Zeroizing::new(bytes.to_vec());
    let passcode = job.passcode.as_ref().map(|passcode| passcode.expose().to_string());
    let passcode = passcode.map(|digits| Zeroizing::new(digits.into_bytes()));
    let pai = plan.pai().map(|pai| bytes(pai.as_der())).unwrap_or_default();
    let declaration = job.declaration.as_ref();
    let declaration = declaration.map(|declaration| bytes(declaration.as_der()));
    let rotating = match &job.rotating_id {
        crate::RotatingIdPolicy::Given(id) => bytes(id.expose_bytes()),
        other => text(other),
    };
    let fields = vec![
        (Field::VendorId, text(&job.vendor_id)),
        (Field::ProductId, text(&job.product_id)),
        (Field::Count, text(&plan.count())),
        (Field::Size, text(&job.size)),
        (Field::Iterations, text(&job.iterations)),
        (Field::Passcode, passcode.unwrap_or_default()),
        (Field::Discriminator, text(&job.discriminator)),
        (Field::Flow, text(&job.flow)),
        (Field::Discovery, text(&job.discovery)),
        (Field::RotatingId, rotating),
        (Field::Certificate, pai),
        (Field::Declaration, declaration.unwrap_or_default()),
        (Field::ValidFrom, text(&job.valid_from)),
        (Field::Lifetime, text(&job.lifetime_days)),
        (Field::Values, values(job)),
        (
            Field::Passcodes,
            given(job.passcodes.as_ref(), |passcode| {
                passcode.expose().to_le_bytes().to_vec()
            }),
        ),
        (
            Field::Discriminators,
            given(job.discriminators.as_ref(), |number| {
                number.get().to_le_bytes().to_vec()
            }),
        ),
        (
            Field::SerialNumbers,
            given(job.serial_numbers.as_ref(), |serial| serial.as_str().into()),
        ),
        (Field::Salt, text(&job.salt)),
        (Field::DacFolder, supplied(job)),
        (
            Field::FlashPlan,
            bytes(plan.tried_flash().map_or(&[], |flash| &flash.shared)),
        ),
        (Field::Order, text(&order)),
        (Field::NoImage, text(&job.without_image)),
        (Field::Internal, text(&job.internal)),
        (Field::Encrypt, text(&job.encrypt)),
        (Field::DynamicPasscode, text(&job.dynamic_passcode)),
        (Field::Locales, text(&job.locales)),
        (Field::FixedLabels, text(&job.fixed_labels)),
        (Field::SupportedModes, text(&job.supported_modes)),
        (Field::MqttHost, text(&job.mqtt_host)),
        (Field::NoPasscodeInManifest, text(&job.lists.no_passcode_in_manifest)),
    ];
    let fields = fields
        .into_iter()
        .map(|(field, value)| Parameter::new(field.name(), value));
    let others = [(STORAGE, text(&job.storage)), (OTHERS, rest(job))];
    let others = others.map(|(name, value)| Parameter::new(name, value));
    let product = ProductInformation::FIELDS.iter().map(|field| {
        let value = field.value(&job.product).map(|value| Encoding::format(value).1);
        let value = Zeroizing::new(value.unwrap_or_default().into_bytes());
        Parameter::new(field.name(), value)
    });
    product.chain(fields).chain(others).collect()
}

/// The name of the storage options.
const STORAGE: &str = "place of keys or data";

/// The name of the entry for all other options.
pub(super) const OTHERS: &str = "option";

/// Joins the values of a list, each preceded by its length.
fn given<T>(list: Option<&ValueList<T>>, bytes: impl Fn(&T) -> Vec<u8>) -> Zeroizing<Vec<u8>> {
    let values = list.into_iter().flat_map(|list| list.values());
    joined(values.map(|value| Zeroizing::new(bytes(value))))
}

/// Joins values, each preceded by its length, in memory that is never reallocated: no copy is left.
fn joined(values: impl Iterator<Item = Zeroizing<Vec<u8>>>) -> Zeroizing<Vec<u8>> {
    let values = values.collect::<Vec<_>>();
    let len = values.iter().map(|value| value.len() + size_of::<usize>()).sum();
    let mut all = Zeroizing::new(Vec::with_capacity(len));
    for value in values {
        all.extend_from_slice(&value.len().to_le_bytes());
        all.extend_from_slice(&value);
    }
    all
}

/// Returns the supplied certificates of devices.
fn supplied(job: &Job) -> Zeroizing<Vec<u8>> {
    let certificates = match &job.attestation {
        Attestation::Supplied { dacs, .. } => dacs.iter().flat_map(|dac| dac.certificate.as_der().to_vec()).collect(),
        _ => Vec::new(),
    };
    Zeroizing::new(certificates)
}

/// Returns the cells of the values and the columns, independent of their files' paths.
fn values(job: &Job) -> Zeroizing<Vec<u8>> {
    let Some((columns, table)) = &job.values else {
        return Zeroizing::default();
    };
    let head = format!("{columns:?}").into_bytes();
    let cells = |row: &factory_fs::TableRow| row.cells().map(|cell| cell.len() + size_of::<usize>()).sum::<usize>() + 1;
    let len = head.len() + table.rows().iter().map(cells).sum::<usize>();
    let mut bytes = Zeroizing::new(Vec::with_capacity(len));
    bytes.extend_from_slice(&head);
    for row in table.rows() {
        for cell in row.cells() {
            // With the length, two cells differ from one joined cell.
            bytes.extend_from_slice(&cell.len().to_le_bytes());
            bytes.extend_from_slice(cell.as_bytes());
        }
        bytes.push(b'\n');
    }
    bytes
}

/// Returns everything that the entries above do not cover.
fn rest(job: &Job) -> Zeroizing<Vec<u8>> {
    let mut rest = job.clone();
    rest.outdir = std::path::PathBuf::new();
    rest.threads = None;
    rest.values = None;
    rest.count = None;
    rest.declaration = None;
    rest.attestation = Attestation::None;
    rest.flash = None;
    // Made at the end of the run, so that it may change.
    rest.lists = BatchFiles {
        no_passcode_in_manifest: job.lists.no_passcode_in_manifest,
        ..BatchFiles::default()
    };
    Zeroizing::new(format!("{rest:?}").into_bytes())
}
