use std::collections::BTreeMap;

use matter_attestation::{Certificate, DateTime};
use matter_spake2p::{PaseCredential, PbkdfParameters};

use crate::attestation::Attestation;
use crate::cells::{Cells, GivenDac};
use crate::job::Job;
use crate::message::message;
use crate::{Error, Field, Message, ValueList};

const RANGE: &str = "0 is not in the range 1 to 4294967295";

/// Returns the number of devices: the rows of the values file, which override the requested count with a warning, or
/// the requested count, or the length of the shortest list.
pub(super) fn count(job: &Job, rows: Option<usize>, warnings: &mut Vec<Message>) -> Result<u32, Error> {
    if job.count == Some(0) {
        return Err(Error::field(Field::Count, RANGE));
    }
    let supplies = supplies(job);
    let number = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
    let count = match (&job.values, rows, job.count) {
        (Some((_, table)), Some(rows), asked) => {
            if rows == 0 {
                return Err(Error::file(Field::Values, table.path(), "has no row after its header"));
            }
            let rows = number(rows);
            if let Some(asked) = asked.filter(|asked| *asked != rows) {
                let path = table.path().display();
                warnings.push(message![
                    format!("{path} has {rows} rows, so {rows} devices are made instead of the {asked} of "),
                    Field::Count
                ]);
            }
            rows
        }
        (_, _, Some(asked)) => asked,
        _ => match supplies.first() {
            None => 1,
            Some((first, len)) => match supplies.iter().find(|(_, other)| other != len) {
                None => number(*len),
                Some((other, less)) => {
                    let reason = message![
                        format!("has {less} values and "),
                        *first,
                        format!(" has {len}; give the number of devices with "),
                        Field::Count,
                        ""
                    ];
                    return Err(Error::field(*other, reason));
                }
            },
        },
    };
    for (field, len) in supplies {
        let len = number(len);
        if len < count {
            let reason = format!("has {len} for {count} devices");
            return Err(Error::field(field, reason));
        }
        if len > count {
            let text = format!(" has {len} for {count} devices; the first {count} are used");
            warnings.push(message![field, text]);
        }
    }
    Ok(count)
}

/// Returns every list of values for devices, with its length.
fn supplies(job: &Job) -> Vec<(Field, usize)> {
    let mut supplies = Vec::new();
    supplies.extend(job.passcodes.as_ref().map(|list| (list.field(), list.len())));
    supplies.extend(job.serial_numbers.as_ref().map(|list| (list.field(), list.len())));
    supplies.extend(job.discriminators.as_ref().map(|list| (list.field(), list.len())));
    if let Attestation::Supplied { dacs, .. } = &job.attestation
        && let Some(first) = dacs.first()
    {
        supplies.push((first.origin.0, dacs.len()));
    }
    supplies
}

/// Adds the values for single devices to their cells, which stay empty when nothing is given.
pub(super) fn merge(job: &Job, cells: &mut Vec<Cells>, count: u32, time: DateTime) -> Result<(), Error> {
    if supplies(job).is_empty() && job.salt.is_none() && job.verifier.is_none() {
        return check_serials(cells);
    }
    if cells.is_empty() {
        cells.resize_with(usize::try_from(count).unwrap_or(usize::MAX), Cells::default);
    }
    put(job, job.passcodes.as_ref(), cells, |cells, passcode| {
        cells.passcode = Some(passcode)
    })?;
    put(job, job.serial_numbers.as_ref(), cells, |cells, serial| {
        cells.product.serial_number = Some(serial)
    })?;
    put(job, job.discriminators.as_ref(), cells, |cells, number| {
        cells.discriminator = Some(number)
    })?;
    if let Attestation::Supplied { pai, dacs } = &job.attestation {
        check_supplied_pai(job, pai, time)?;
        for (cells, dac) in cells.iter_mut().zip(dacs) {
            let credentials = dac.check(job.storage.ds_peripheral, pai, job.dac_ids(), time)?;
            let uuid = dac.uuid().map(str::to_owned);
            if let Some(uuid) = uuid.as_ref().filter(|uuid| job.top().join(uuid).exists()) {
                let (field, path) = &dac.origin;
                let reason = format!("its device {uuid} already exists in {}", job.top().display());
                return Err(Error::file(*field, path, reason));
            }
            cells.dac = Some(GivenDac { uuid, credentials });
        }
    }
    if let Some(cells) = cells.first_mut() {
        give_verifier(job, cells)?;
    }
    check_serials(cells)
}

fn put<T: Clone>(
    job: &Job,
    list: Option<&ValueList<T>>,
    cells: &mut [Cells],
    set: impl Fn(&mut Cells, T),
) -> Result<(), Error> {
    let Some(list) = list else { return Ok(()) };
    let (column, single) = match list.field() {
        Field::Passcodes => ("passcode", job.passcode.is_some().then_some(Field::Passcode)),
        Field::SerialNumbers => (
            "serial-num",
            job.product.serial_number.is_some().then_some(Field::SERIAL_NUMBER),
        ),
        _ => (
            "discriminator",
            job.discriminator.is_some().then_some(Field::Discriminator),
        ),
    };
    if let Some(single) = single {
        return Err(Error::field(list.field(), message!["cannot be used with ", single]));
    }
    if job.values.as_ref().is_some_and(|(columns, _)| columns.sets(column)) {
        let reason = message![
            format!("the column '{column}' of "),
            Field::Values,
            " sets the same field"
        ];
        return Err(Error::file(list.field(), list.path(), reason));
    }
    for (cells, value) in cells.iter_mut().zip(list.values()) {
        set(cells, value.clone());
    }
    Ok(())
}

/// A given verifier is derived again, so that it agrees with the passcode on the label.
fn give_verifier(job: &Job, cells: &mut Cells) -> Result<(), Error> {
    let (salt, verifier) = match (&job.salt, &job.verifier) {
        (None, None) => return Ok(()),
        (Some(_), None) => {
            return Err(Error::field(Field::Salt, message!["requires ", Field::Verifier]));
        }
        (None, Some(_)) => {
            return Err(Error::field(Field::Verifier, message!["requires ", Field::Salt]));
        }
        (Some(salt), Some(verifier)) => (*salt, verifier),
    };
    if cells.salt.is_some() {
        return Err(Error::field(
            Field::Salt,
            message!["is also set by the column 'salt' of ", Field::Values],
        ));
    }
    let Some(passcode) = cells.passcode.as_ref().or(job.passcode.as_ref()) else {
        return Err(Error::field(Field::Salt, message!["requires ", Field::Passcode]));
    };
    let parameters = PbkdfParameters {
        iterations: cells.iterations.unwrap_or(job.iterations),
        salt,
    };
    PaseCredential::with_verifier(passcode.clone(), parameters, verifier)
        .map_err(|error| Error::field(Field::Verifier, error))?;
    cells.salt = Some(salt);
    Ok(())
}

fn check_supplied_pai(job: &Job, pai: &Certificate, time: DateTime) -> Result<(), Error> {
    super::signer::check_pai_certificate(job, pai, Field::Certificate)?;
    if !pai.validity().contains(time) {
        let (first, last) = (pai.not_before(), pai.not_after());
        let reason = format!("the PAI is valid from {first} to {last}, which does not include {time}");
        return Err(Error::field(Field::Certificate, reason));
    }
    Ok(())
}

/// A serial number of two devices is a mistake in the list.
fn check_serials(cells: &[Cells]) -> Result<(), Error> {
    let mut devices = BTreeMap::new();
    let numbered = cells.iter().zip(1..);
    for (serial, device) in numbered.filter_map(|(cells, device)| Some((cells.product.serial_number.as_ref()?, device)))
    {
        if let Some(first) = devices.insert(serial.as_str(), device) {
            let reason = format!("devices {first} and {device} have the same serial number");
            return Err(Error::field(Field::Values, reason));
        }
    }
    Ok(())
}
