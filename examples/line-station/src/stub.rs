#![allow(dead_code, missing_docs, clippy::all)]
use matter_station::*;
use esp_rom_loader::PortAddress;
pub(crate) struct RomPort(String);
impl RomPort { pub(crate) fn new(a: PortAddress) -> Self { Self(a.to_string()) } pub(crate) fn with_baud(self,_:u32)->Self{self} pub(crate) fn with_deadline(self,_:std::time::Duration)->Self{self} }
impl Connect for RomPort { fn connect(&self)->Result<Box<dyn Board+Send>,BoardFault>{ Err(BoardFault::Silent("x".into())) } fn name(&self)->String{self.0.clone()} }
pub(crate) struct DeviceFolders;
impl DeviceFolders { pub(crate) fn open(_:&std::path::Path,_:Option<esp_flash_plan::FlashPlan>)->Result<Self,Error>{Ok(Self)}
 pub(crate) fn with_keys_dir(self,_:Option<std::path::PathBuf>)->Self{self} pub(crate) fn with_ledger(self,_:matter_ledger::LedgerPlace)->Self{self} pub(crate) fn with_open_keys(self,_:bool)->Self{self} }
impl DeviceSource for DeviceFolders { fn target(&self)->&BoardTarget{unimplemented!()} fn device(&self,_:&str)->Result<StationDevice,Error>{unimplemented!()} }
