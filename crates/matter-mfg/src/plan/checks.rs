use std::collections::BTreeSet;

use matter_factory_data::{Check, Declaration, InternalFile, is_weak};
use matter_types::{Discriminator, Passcode};

use crate::attestation::Attestation;
use crate::cells::Cells;
use crate::job::{InternalFiles, Job, RotatingIdPolicy};
use crate::message::message;
use crate::{Error, Field, Message};

/// Refuses fields that exclude each other.
pub(super) fn check_combinations(job: &Job) -> Result<(), Error> {
    if job.encrypt && job.without_image {
        return Err(Error::field(
            Field::Encrypt,
            message!["has nothing to encrypt with ", Field::NoImage],
        ));
    }
    check_internal(job)?;
    if job.dynamic_passcode {
        let lists = [
            (Field::Labels, job.lists.labels.is_some()),
            (Field::QrZip, job.lists.qr_zip),
        ];
        if let Some((field, _)) = lists.iter().find(|(_, given)| *given) {
            let reason = message![
                "has nothing to print with ",
                Field::DynamicPasscode,
                ": the devices draw their own passcodes"
            ];
            return Err(Error::field(*field, reason));
        }
        if job.salt.is_some() || job.verifier.is_some() {
            let field = if job.salt.is_some() {
                Field::Salt
            } else {
                Field::Verifier
            };
            return Err(Error::field(
                field,
                message!["cannot be used with ", Field::DynamicPasscode],
            ));
        }
        let given = [
            (Field::Passcode, job.passcode.is_some()),
            (Field::Passcodes, job.passcodes.is_some()),
        ];
        if let Some((field, _)) = given.iter().find(|(_, given)| *given) {
            let reason = message![
                "cannot be used with ",
                Field::DynamicPasscode,
                ": the devices draw their own passcodes"
            ];
            return Err(Error::field(*field, reason));
        }
        if job.values.as_ref().is_some_and(|(columns, _)| columns.sets("passcode")) {
            let reason = message![
                "sets passcodes, which ",
                Field::DynamicPasscode,
                " leaves to the devices"
            ];
            return Err(Error::field(Field::Columns, reason));
        }
    }
    let mut seen = BTreeSet::new();
    for mode in &job.supported_modes {
        if !seen.insert((mode.endpoint, mode.mode)) {
            let reason = format!("duplicate mode {} of endpoint {}", mode.mode, mode.endpoint);
            return Err(Error::field(Field::SupportedModes, reason));
        }
    }
    Ok(())
}

/// A device's key must be stored somewhere.
fn check_internal(job: &Job) -> Result<(), Error> {
    if job.internal == InternalFiles::All || matches!(job.attestation, Attestation::None) {
        return Ok(());
    }
    let (other, place) = if job.storage.ds_peripheral {
        (Field::DsPeripheral, InternalFile::EfuseKey.path())
    } else if job.without_image && !job.storage.dac_in_secure_cert {
        (Field::NoImage, InternalFile::DacKeyPem.path())
    } else {
        return Ok(());
    };
    let reason = message![
        "would leave a device's private key nowhere with ",
        other,
        format!(", which keeps it in {place} alone; use 'all'")
    ];
    Err(Error::field(Field::Internal, reason))
}

/// Warns of values that are right for development and wrong for products. Names the declaration's signer where nothing
/// else shows that the devices are for tests.
pub(super) fn warn_of_examples(job: &Job, cells: &[Cells], warnings: &mut Vec<Message>) {
    let passcodes = cells.iter().filter_map(|cells| cells.passcode.as_ref());
    if passcodes.chain(&job.passcode).any(Passcode::is_of_examples) {
        warnings.push(named(Check::DefaultPasscode, Field::Passcode));
    }
    let discriminators = cells.iter().filter_map(|cells| cells.discriminator);
    if discriminators
        .chain(job.discriminator)
        .any(|given| given == Discriminator::OF_EXAMPLES)
    {
        warnings.push(named(Check::DefaultDiscriminator, Field::Discriminator));
    }
    if cells
        .iter()
        .filter_map(|cells| cells.salt)
        .any(|salt| is_weak(salt.as_bytes()))
    {
        warnings.push(named(Check::SaltWeak, Field::Salt));
    }
    let given = match &job.rotating_id {
        RotatingIdPolicy::Given(id) => Some(id),
        _ => None,
    };
    let ids = cells.iter().filter_map(|cells| cells.rotating_id.as_ref()).chain(given);
    if ids.map(|id| id.expose_bytes()).any(|bytes| is_weak(bytes)) {
        warnings.push(named(Check::RotatingIdWeak, Field::RotatingId));
    }
    if job.vendor_id.is_test() {
        return;
    }
    if job.declaration.as_ref().is_some_and(Declaration::has_test_signer) {
        let text = "the declaration is signed with the published test key; commissioners refuse it unless configured \
                    to trust test devices";
        warnings.push(message![Field::Declaration, format!(": {text}")]);
    }
}

/// Returns the audit's finding for a device with such a value.
fn named(check: Check, field: Field) -> Message {
    let remedy = check.remedy().map_or(String::new(), |remedy| format!("; {remedy}"));
    message![field, format!(": {}{remedy} [{check}]", check.sentence())]
}

/// A declaration that does not cover the product makes every commissioner refuse the device.
pub(super) fn check_declaration(job: &Job, warnings: &mut Vec<Message>) -> Result<(), Error> {
    let Some(declaration) = &job.declaration else {
        return Ok(());
    };
    if declaration.content().covers(job.vendor_id, job.product_id) {
        return Ok(());
    }
    let reason = format!(
        "the declaration does not cover vendor {} and product {}; commissioners will refuse it",
        job.vendor_id, job.product_id
    );
    if job.allow_declaration_mismatch {
        warnings.push(message![Field::Declaration, format!(": {reason}")]);
        return Ok(());
    }
    Err(Error::field(
        Field::Declaration,
        message![format!("{reason}; "), Field::AllowDeclarationMismatch, " accepts it"],
    ))
}

/// Values for a single device are given by an option or by a column, not by both.
pub(super) fn check_single(job: &Job, count: u32) -> Result<(), Error> {
    let single = [
        (Field::Passcode, "passcode", job.passcode.is_some()),
        (Field::Discriminator, "discriminator", job.discriminator.is_some()),
        (Field::SERIAL_NUMBER, "serial-num", job.product.serial_number.is_some()),
        (
            Field::RotatingId,
            "rd-id-uid",
            matches!(job.rotating_id, RotatingIdPolicy::Given(_)),
        ),
        // No column: a column of that name is refused for a reason of its own.
        (Field::Salt, "", job.salt.is_some()),
        (Field::Verifier, "", job.verifier.is_some()),
    ];
    for (field, column, _) in single.iter().filter(|(_, _, given)| *given) {
        if count > 1 {
            let reason = message![
                format!("applies to a single device, but {count} are to be made; use "),
                Field::Count,
                " 1"
            ];
            return Err(Error::field(*field, reason));
        }
        if job.values.as_ref().is_some_and(|(columns, _)| columns.sets(column)) {
            return Err(Error::field(
                *field,
                message![format!("is also set by the column '{column}' of "), Field::Values, ""],
            ));
        }
    }
    Ok(())
}
