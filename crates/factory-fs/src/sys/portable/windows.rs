//! Access control lists.

use std::io;
use std::path::Path;

use windows_permissions::constants::{AccessRights, AceType, SeObjectType, SecurityInformation};
use windows_permissions::utilities::current_process_sid;
use windows_permissions::wrappers::{ConvertSidToStringSid, GetNamedSecurityInfo, SetNamedSecurityInfo};
use windows_permissions::{LocalBox, SecurityDescriptor, Sid};

use crate::{Exposure, Space};

/// The system and its administrators (`winnt.h`, well-known SIDs), which have every right anyway.
const SYSTEM: &str = "S-1-5-18";
const ADMINISTRATORS: &str = "S-1-5-32-544";
const EVERYONE: &str = "S-1-1-0";

/// Restricts a file or folder, and everything created in it, to this user and the system.
pub(super) fn protect(path: &Path) -> io::Result<()> {
    let user = text(&*current_process_sid()?)?;
    // Protected against inherited entries; objects and containers inherit; all file rights.
    let list = format!("D:P(A;OICI;FA;;;{user})(A;OICI;FA;;;SY)");
    let list: LocalBox<SecurityDescriptor> = list.parse()?;
    SetNamedSecurityInfo(
        path,
        SeObjectType::SE_FILE_OBJECT,
        SecurityInformation::Dacl | SecurityInformation::ProtectedDacl,
        None,
        None,
        list.dacl(),
        None,
    )
}

pub(super) fn exposure(path: &Path) -> io::Result<Exposure> {
    let wanted = SecurityInformation::Owner | SecurityInformation::Dacl;
    let found = GetNamedSecurityInfo(path, SeObjectType::SE_FILE_OBJECT, wanted)?;
    let user = text(&*current_process_sid()?)?;
    let is_trusted = |sid: &Sid| text(sid).map(|sid| sid == user || sid == SYSTEM || sid == ADMINISTRATORS);
    let foreign = found.owner().map(|owner| is_trusted(owner).map(|trusted| !trusted));
    let mut exposure = Exposure {
        foreign: foreign.transpose()?.unwrap_or_default(),
        ..Exposure::default()
    };
    // Without a list everybody has all rights.
    let Some(list) = found.dacl() else {
        return Ok(Exposure {
            read: true,
            write: true,
            public: true,
            ..exposure
        });
    };
    for index in 0..list.len() {
        let Some(entry) = list.get_ace(index) else { continue };
        let allows = matches!(
            entry.ace_type(),
            AceType::ACCESS_ALLOWED_ACE_TYPE | AceType::ACCESS_ALLOWED_CALLBACK_ACE_TYPE
        );
        let Some(sid) = entry.sid().filter(|_| allows) else {
            continue;
        };
        if is_trusted(sid)? {
            continue;
        }
        let mask = entry.mask();
        exposure.read |= mask.intersects(reading());
        exposure.write |= mask.intersects(writing());
        exposure.public |= text(sid)? == EVERYONE && mask.intersects(writing());
    }
    Ok(exposure)
}

/// `FILE_READ_DATA` is the first of the object-specific rights (`winnt.h`).
fn reading() -> AccessRights {
    AccessRights::GenericAll | AccessRights::GenericRead | AccessRights::Bit0
}

/// `FILE_WRITE_DATA` and `FILE_APPEND_DATA` are the next; for a folder, the rights to add files and folders.
fn writing() -> AccessRights {
    AccessRights::GenericAll
        | AccessRights::GenericWrite
        | AccessRights::Bit1
        | AccessRights::Bit2
        | AccessRights::Delete
        | AccessRights::WriteDac
        | AccessRights::WriteOwner
}

fn text(sid: &Sid) -> io::Result<String> {
    Ok(ConvertSidToStringSid(sid)?.to_string_lossy().into_owned())
}

pub(super) fn space(path: &Path) -> io::Result<Space> {
    // NTFS keeps a small file in its file table; larger files, and FAT, take a cluster.
    const CLUSTER: u64 = 4096;
    Ok(Space {
        bytes: fs4::available_space(path)?,
        block: CLUSTER,
        files: None,
        device: None,
    })
}
