//! Where programs for virtual machines look for the metadata service.

use std::net::Ipv4Addr;

/// The address of a VM's metadata service.
pub const ADDRESS: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 254);
/// Its port.
pub const PORT: u16 = 80;
