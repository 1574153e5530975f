//! What the operating system says, in words.

use std::io;

/// The error without its number and without the name of a temporary file, which tell people nothing.
pub fn words(error: &io::Error) -> String {
    error.to_string().split(" (os error").next().unwrap_or_default().to_owned()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_left_out() {
        assert_eq!(words(&io::Error::from_raw_os_error(2)), "No such file or directory");
        assert_eq!(words(&io::Error::other("own words")), "own words");
    }
}
