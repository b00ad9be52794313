use std::collections::BTreeSet;

use matter_factory_data::{Check, Declaration, InternalFile, is_weak};
use matter_types::{Discriminator, Passcode};

use crate::attestation::Attestation;
use crate::cells::Cells;
use crate::job::{InternalFiles, Job, RotatingIdPolicy};
use crate::message::message;
use crate::{Error, Field, Message};

/// Options that stand alone and not beside each other.
pub(super) fn check_combinations(job: &Job) -> Result<(), Error> {
    if job.encrypt && job.without_image {
        return Err(Error::field(
            Field::Encrypt,
            message!["has nothing to encrypt beside ", Field::NoImage],
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
                "has nothing to print beside ",
                Field::DynamicPasscode,
                ": devices draw their passcodes themselves"
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
                message!["is not allowed beside ", Field::DynamicPasscode],
            ));
        }
        let given = [
            (Field::Passcode, job.passcode.is_some()),
            (Field::Passcodes, job.passcodes.is_some()),
        ];
        if let Some((field, _)) = given.iter().find(|(_, given)| *given) {
            let reason = message![
                "is not allowed beside ",
                Field::DynamicPasscode,
                ": devices draw their passcodes themselves"
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
            let reason = format!("mode {} of endpoint {} is there twice", mode.mode, mode.endpoint);
            return Err(Error::field(Field::SupportedModes, reason));
        }
    }
    Ok(())
}

/// A device's key must be somewhere.
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
        "would leave a device's private key nowhere beside ",
        other,
        format!(", with which it is in {place} alone; all is allowed")
    ];
    Err(Error::field(Field::Internal, reason))
}

/// What is right for development and wrong for products. The declaration's signer is named where nothing else tells that the
/// devices are for tests.
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
        let text = "the declaration is signed with the published test key; commissioners refuse it unless they are told \
                    to trust test devices";
        warnings.push(message![Field::Declaration, format!(": {text}")]);
    }
}

/// What the audit would say of a device that gets such a value.
fn named(check: Check, field: Field) -> Message {
    let remedy = check.remedy().map_or(String::new(), |remedy| format!("; {remedy}"));
    message![field, format!(": {}{remedy} [{check}]", check.sentence())]
}

/// A declaration that does not cover the product is refused by every commissioner.
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
        message![
            format!("{reason}; "),
            Field::AllowDeclarationMismatch,
            " takes it nevertheless"
        ],
    ))
}

/// Values that only one device may have, given by an option or by a column and not by both.
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
        // Without a column: one of that name is refused with the column's own reason.
        (Field::Salt, "", job.salt.is_some()),
        (Field::Verifier, "", job.verifier.is_some()),
    ];
    for (field, column, _) in single.iter().filter(|(_, _, given)| *given) {
        if count > 1 {
            let reason = message![
                format!("is for one device, and {count} are to be made; "),
                Field::Count,
                " 1 is allowed"
            ];
            return Err(Error::field(*field, reason));
        }
        if job.values.as_ref().is_some_and(|(columns, _)| columns.sets(column)) {
            return Err(Error::field(
                *field,
                message![
                    format!("is set by the column '{column}' of "),
                    Field::Values,
                    " as well"
                ],
            ));
        }
    }
    Ok(())
}
