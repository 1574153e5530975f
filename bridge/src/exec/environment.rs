//! The variables that the command gets and those that it does not.

use std::net::SocketAddr;

use super::options::Options;

/// Variables by which clients find a managed identity. What is inherited would lead them past us: some take the Arc
/// agent's `IDENTITY_ENDPOINT` for App Service and fail.
pub(crate) const REMOVED: [&str; 6] = [
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
    "IDENTITY_SERVER_THUMBPRINT",
    "IMDS_ENDPOINT",
    "MSI_ENDPOINT",
    "MSI_SECRET",
];

/// Where Cloud Shell's clients post, below our address or our secret.
const CLOUD_SHELL: &str = "oauth2/token";

/// Variables of mode `connect`: none, unless Cloud Shell is wanted.
#[cfg(any(target_os = "linux", test))]
pub(crate) fn connect(options: &Options) -> Vec<(&'static str, String)> {
    let cloud_shell = ("MSI_ENDPOINT", format!("http://169.254.169.254/{CLOUD_SHELL}"));
    if options.cloud_shell { vec![cloud_shell] } else { Vec::new() }
}

/// Variables of mode `env`. Cloud Shell's clients take `MSI_ENDPOINT` alone for their sign, so its secret is in the path.
pub(crate) fn env(options: &Options, address: SocketAddr, secret: &str) -> Vec<(&'static str, String)> {
    if options.cloud_shell {
        return vec![("MSI_ENDPOINT", format!("http://{address}/{secret}/{CLOUD_SHELL}"))];
    }
    // Without a slash at the end: some clients add one.
    let endpoint = format!("http://{address}/MSI/token");
    vec![
        ("IDENTITY_ENDPOINT", endpoint.clone()),
        ("IDENTITY_HEADER", secret.to_owned()),
        ("MSI_ENDPOINT", endpoint),
        ("MSI_SECRET", secret.to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mode_sets_its_own() {
        let address = SocketAddr::from(([127, 0, 0, 1], 4000));
        assert_eq!(connect(&Options::default()), []);
        let app_service = env(&Options::default(), address, "s");
        assert_eq!(app_service[0], ("IDENTITY_ENDPOINT", "http://127.0.0.1:4000/MSI/token".to_owned()));
        assert_eq!(app_service[3], ("MSI_SECRET", "s".to_owned()));
        let shell = Options { cloud_shell: true, ..Options::default() };
        assert_eq!(connect(&shell), [("MSI_ENDPOINT", "http://169.254.169.254/oauth2/token".to_owned())]);
        assert_eq!(env(&shell, address, "s"), [("MSI_ENDPOINT", "http://127.0.0.1:4000/s/oauth2/token".to_owned())]);
    }
}
