#![allow(dead_code, missing_docs, clippy::all)]
use esp_rom_loader::PortAddress;
use matter_station::*;
pub(crate) struct RomPort(EsptoolPort);
impl RomPort {
    pub(crate) fn new(a: PortAddress) -> Self {
        Self(EsptoolPort::new(a.to_string(), 921600))
    }
    pub(crate) fn with_baud(self, _: u32) -> Self {
        self
    }
    pub(crate) fn with_deadline(self, _: std::time::Duration) -> Self {
        self
    }
}
impl Connect for RomPort {
    fn connect(&self) -> Result<Box<dyn Board + Send>, BoardFault> {
        self.0.connect()
    }
    fn name(&self) -> String {
        self.0.name()
    }
}
