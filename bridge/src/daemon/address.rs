//! The mode that takes the address of a VM's metadata service, and its refusals.
//!
//! Everybody on the machine who asks there would be asking us: the agent too, and whatever cloud the machine runs in may
//! answer there itself. So nothing may be there before.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::front::{ADDRESS, PORT};

/// Something in the same network answers sooner than this.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// What everybody should know who does this.
pub(crate) const WARNING: &str = "169.254.169.254 is this machine's own now. The agent and every program asks here whether the \
    machine is an Azure VM. A redirect for the units and users that need it (`himds bridge rules --nft`), or a socket in \
    their network namespace, is safer.";

/// Why the address must not be taken. Checked before anything listens there. Blocks for up to 2 s.
pub(crate) fn refusal(routes: &str) -> Option<String> {
    if let Some(device) = route(routes) {
        return Some(format!(
            "a route to 169.254.169.254 by {device} exists: another service has the address. Do not take it from that"
        ));
    }
    let address = SocketAddr::from((ADDRESS, PORT));
    if TcpStream::connect_timeout(&address, LONGEST_WAIT).is_ok() {
        return Some(
            "169.254.169.254 answers already: this machine runs in a cloud with a metadata service of its own, or another \
             program listens there. Use a redirect or a network namespace instead"
                .into(),
        );
    }
    None
}

/// The device of a route to the address in the text of `/proc/self/net/route`, other than the default route and loopback's.
fn route(routes: &str) -> Option<&str> {
    let word =
        |text: &str| u32::from_str_radix(text, 16).ok().map(|word| u32::from(Ipv4Addr::from(word.to_ne_bytes())));
    routes.lines().skip(1).find_map(|line| {
        let mut fields = line.split_whitespace();
        let (device, destination) = (fields.next()?, word(fields.next()?)?);
        let mask = word(fields.nth(5)?)?;
        let leads_there = mask != 0 && u32::from(ADDRESS) & mask == destination;
        // A whole network of link-local addresses is common, and leads to nobody in particular.
        (leads_there && mask > 0xffff_0000 && device != "lo").then_some(device)
    })
}

#[cfg(all(test, target_endian = "little"))]
mod tests {
    use super::*;

    #[test]
    fn a_route_to_the_address_is_found() {
        let head = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n";
        for (line, device) in [
            ("eth0\tFEA9FEA9\t0100000A\t0007\t0\t0\t0\tFFFFFFFF\t0\t0\t0\n", Some("eth0")),
            ("eth1\t00A9FEA9\t0100000A\t0003\t0\t0\t0\t00FFFFFF\t0\t0\t0\n", Some("eth1")),
            ("eth1\t00AAFEA9\t0100000A\t0003\t0\t0\t0\t00FFFFFF\t0\t0\t0\n", None),
            ("eth0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n", None),
            ("eth0\t0000FEA9\t00000000\t0001\t0\t0\t1000\t0000FFFF\t0\t0\t0\n", None),
            ("lo\tFEA9FEA9\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0\n", None),
            ("broken\n", None),
        ] {
            assert_eq!(route(&format!("{head}{line}")), device, "{line}");
        }
    }
}
