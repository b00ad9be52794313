#![allow(dead_code, missing_docs, clippy::all)]
use matter_station::*;
pub(crate) struct RomPort(String);
impl RomPort { pub(crate) fn new(a: PortAddress) -> Self { Self(a.to_string()) } pub(crate) fn with_baud(self,_:u32)->Self{self} pub(crate) fn with_deadline(self,_:std::time::Duration)->Self{self} }
impl Connect for RomPort { fn connect(&self)->Result<Box<dyn Board+Send>,BoardFault>{ Err(BoardFault::Silent("x".into())) } fn name(&self)->String{self.0.clone()} }
pub(crate) struct DeviceFolders;
impl DeviceFolders { pub(crate) fn open(_:&std::path::Path,_:Option<esp_flash_plan::FlashPlan>)->Result<Self,Error>{Ok(Self)}
 pub(crate) fn with_keys_dir(self,_:Option<std::path::PathBuf>)->Self{self} pub(crate) fn with_ledger(self,_:matter_ledger::LedgerPlace)->Self{self} pub(crate) fn with_open_keys(self,_:bool)->Self{self} }
impl DeviceSource for DeviceFolders { fn target(&self)->&BoardTarget{unimplemented!()} fn device(&self,_:&str)->Result<StationDevice,Error>{unimplemented!()} }
#[derive(Clone)] pub(crate) struct PortAddress(String);
impl std::fmt::Display for PortAddress{fn fmt(&self,f:&mut std::fmt::Formatter<'_>)->std::fmt::Result{f.write_str(&self.0)}}
impl std::str::FromStr for PortAddress{type Err=String;fn from_str(s:&str)->Result<Self,String>{if s.starts_with("socket://")&&!s[9..].contains(':'){return Err("is none".into())}Ok(Self(s.into()))}}
impl PortAddress{pub(crate) fn open(&self,_:u32)->Result<std::fs::File,String>{Err("x".into())}}
pub(crate) fn ports()->std::io::Result<Vec<PortAddress>>{Ok(vec![])}
