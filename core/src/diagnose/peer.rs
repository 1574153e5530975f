//! Whose process takes the connection that would carry a key: `peer`.

use url::Url;

use super::agent::authority;
use super::report::StepResult;
use crate::os::commands::OWNERS;
use crate::os::peer::{Readers, Verdict};

/// `peer`. `verdict` is for those who own the token directory; `None` if nothing takes a connection.
pub(super) fn peer(url: &Url, verdict: Option<Verdict>, readers: &Readers, verify: bool) -> Option<StepResult> {
    let at = authority(url);
    if !verify {
        return Some(StepResult::warning(
            "the option verify_peer is off: a key is sent to whatever process answers",
            "Leave it on, unless an administrator runs a relay between this process and the agent.",
        ));
    }
    Some(match verdict? {
        Verdict::Reader(who) => StepResult::ok(format!("{at} is held by {who}, who can read the keys anyway")),
        Verdict::Stranger(who) => StepResult::failed(
            format!("{at} is held by {who}, but the token directory belongs to {}", readers.describe()),
            format!(
                "A key goes only to a process that can read its file anyway. See who holds the port with `{OWNERS}`; if \
                 it is not the agent, stop it."
            ),
        ),
        Verdict::NotAccepted => StepResult::warning(
            format!("nobody accepts connections at {at}"),
            "Restart the service that listens there.",
        ),
        Verdict::Unknown => StepResult::warning(
            format!("the kernel does not tell this process the owner of {at}, so a key is sent without that check"),
            "Allow it AF_NETLINK (in a systemd unit `RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK`), or /proc.",
        ),
        Verdict::Gone => return None,
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::super::report::Status;
    use super::*;

    #[test]
    fn each_verdict_in_words() {
        let url: Url = "http://localhost:40342/".parse().unwrap();
        let readers = Readers { file_owner: 998, directory_owner: None };
        let found = |verdict, verify| peer(&url, verdict, &readers, verify);
        for (verdict, status, words) in [
            (Verdict::Reader("uid 998".to_owned()), Status::Ok, "held by uid 998"),
            (Verdict::Stranger("uid 1000".to_owned()), Status::Failed, "held by uid 1000"),
            (Verdict::NotAccepted, Status::Warning, "nobody accepts"),
            (Verdict::Unknown, Status::Warning, "does not tell"),
        ] {
            let result = found(Some(verdict), true).unwrap();
            assert_eq!(result.status, status, "{result:?}");
            assert!(result.detail.contains(words), "{result:?}");
            assert_eq!(result.fix.is_empty(), status == Status::Ok);
        }
        assert!(found(Some(Verdict::Stranger("uid 1000".to_owned())), true).unwrap().fix.contains("ss -ltnpe"));
        assert!(found(None, true).is_none() && found(Some(Verdict::Gone), true).is_none());
        assert_eq!(found(None, false).unwrap().status, Status::Warning);
    }
}
