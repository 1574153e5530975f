//! From the id of a control group to the systemd unit that it belongs to.
//!
//! The id is the inode of the group's directory below `/sys/fs/cgroup`, and is never used twice. A directory's listing has
//! the inodes of what is in it, so a few listings tell all units; what they told is kept.
//!
//! A unit of the system is the first directory below the slices. What a service makes below its own directory is still
//! that service, and so is what a user's own manager makes, whatever name it chooses: `user@1000.service`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rustix::fs::{Dir, FileType, Mode, OFlags, StatFs};

/// Where systemd has the control groups.
pub(crate) const ROOT: &str = "/sys/fs/cgroup";
const CGROUP2_MAGIC: u64 = 0x6367_7270;
/// Ids that are kept.
const MOST_IDS: usize = 4096;
/// Directories that are listed for one id.
const MOST_LISTINGS: usize = 4096;

/// The units, by the id of a control group.
pub(crate) struct Units {
    root: PathBuf,
    known: HashMap<u64, Option<Rc<str>>>,
    /// Units whose own subdirectories are looked into, because a rule names them.
    named: Vec<String>,
}

impl Units {
    /// `named` are the units that rules name.
    pub(crate) fn new(root: impl Into<PathBuf>, named: Vec<String>) -> Self {
        Units { root: root.into(), known: HashMap::new(), named }
    }

    /// The unit with this control group; none if it is in none, is gone, or cannot be found.
    pub(crate) fn of(&mut self, id: u64) -> Option<Rc<str>> {
        if let Some(unit) = self.known.get(&id) {
            return unit.clone();
        }
        if self.known.len() >= MOST_IDS {
            self.known.clear();
        }
        if !is_cgroup2(&self.root) {
            return None;
        }
        let mut listings = MOST_LISTINGS;
        self.list(&mut listings);
        // An id that is not there now never will be. One that was not reached is asked about again.
        if listings > 0 { self.known.entry(id).or_insert(None).clone() } else { self.known.get(&id).cloned().flatten() }
    }

    /// Units first, and then what is inside of those that rules name: one with thousands of groups hides no other.
    fn list(&mut self, listings: &mut usize) {
        let mut inside = Vec::new();
        self.slice(&self.root.clone(), &mut inside, listings);
        for (path, unit) in inside {
            self.below(&path, &unit, listings);
        }
    }

    fn slice(&mut self, directory: &Path, inside: &mut Vec<(PathBuf, Rc<str>)>, listings: &mut usize) {
        for (name, id) in children(directory, listings) {
            let path = directory.join(&name);
            if name.ends_with(".slice") {
                self.slice(&path, inside, listings);
            } else if name.ends_with(".service") || name.ends_with(".scope") {
                let unit: Rc<str> = name.as_str().into();
                self.known.insert(id, Some(Rc::clone(&unit)));
                if self.named.contains(&name) {
                    inside.push((path, unit));
                }
            }
        }
    }

    fn below(&mut self, directory: &Path, unit: &Rc<str>, listings: &mut usize) {
        for (name, id) in children(directory, listings) {
            self.known.insert(id, Some(Rc::clone(unit)));
            self.below(&directory.join(name), unit, listings);
        }
    }
}

/// Whether this is a control group of version 2, as it is everywhere but on old or hybrid systems.
pub(crate) fn is_cgroup2(root: &Path) -> bool {
    rustix::fs::statfs(root).is_ok_and(|stat: StatFs| stat.f_type as u64 == CGROUP2_MAGIC)
}

/// What keeps a unit from being told: no control groups of version 2, or a kernel that does not say a socket's.
pub(crate) fn cannot_tell(cgroup2: bool, kernel_tells: bool) -> Option<&'static str> {
    match (cgroup2, kernel_tells) {
        (false, _) => Some("no control groups of version 2 at /sys/fs/cgroup: rules that name a unit allow nothing"),
        (true, false) => Some(
            "this kernel does not tell a socket's control group (Linux 5.8 and newer do): rules that name a unit allow \
             nothing",
        ),
        (true, true) => None,
    }
}

/// The directory of a unit below the root, as it is now: what nftables calls it by.
pub(crate) fn path_of(root: &Path, unit: &str) -> Option<String> {
    fn find(directory: &Path, unit: &str, listings: &mut usize) -> Option<PathBuf> {
        let names = children(directory, listings);
        if names.iter().any(|(name, _)| name == unit) {
            return Some(directory.join(unit));
        }
        let slices = names.iter().filter(|(name, _)| name.ends_with(".slice"));
        slices.map(|(name, _)| directory.join(name)).find_map(|slice| find(&slice, unit, listings))
    }
    let path = find(root, unit, &mut { MOST_LISTINGS })?;
    Some(path.strip_prefix(root).ok()?.to_str()?.to_owned())
}

/// The names of all units that have a control group.
pub(crate) fn all(root: &Path) -> Vec<String> {
    fn add(directory: &Path, units: &mut Vec<String>, listings: &mut usize) {
        for (name, _) in children(directory, listings) {
            if name.ends_with(".slice") {
                add(&directory.join(&name), units, listings);
            } else if name.ends_with(".service") || name.ends_with(".scope") {
                units.push(name);
            }
        }
    }
    let mut units = Vec::new();
    add(root, &mut units, &mut { MOST_LISTINGS });
    units
}

/// The directories in a directory, each with its inode.
fn children(directory: &Path, listings: &mut usize) -> Vec<(String, u64)> {
    if *listings == 0 {
        return Vec::new();
    }
    *listings -= 1;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let Ok(opened) = rustix::fs::open(directory, flags, Mode::empty()) else { return Vec::new() };
    let Ok(entries) = Dir::new(opened) else { return Vec::new() };
    let directories = entries.flatten().filter(|entry| entry.file_type() == FileType::Directory);
    directories
        .filter_map(|entry| Some((entry.file_name().to_str().ok()?.to_owned(), entry.ino())))
        .filter(|(name, _)| name != "." && name != "..")
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn without_control_groups_or_their_attribute_it_is_said() {
        assert!(cannot_tell(false, true).is_some_and(|why| why.contains("version 2") && why.contains("allow nothing")));
        assert!(cannot_tell(true, false).is_some_and(|why| why.contains("Linux 5.8") && why.contains("allow nothing")));
        assert_eq!(cannot_tell(true, true), None);
    }

    #[test]
    fn a_unit_is_the_first_directory_below_the_slices() {
        // Directories of any file system have inodes too.
        let root = std::env::temp_dir().join(format!("himds-units-{}", std::process::id()));
        let make = |path: &str| {
            fs::create_dir_all(root.join(path)).unwrap();
            fs::metadata(root.join(path)).unwrap().ino()
        };
        let deep = make("system.slice/backup.service/inner");
        let other = make("system.slice/web.service/inner");
        let nested = make("system.slice/system-getty.slice/getty@tty1.service");
        let mine = make("user.slice/user-1000.slice/user@1000.service/app.slice/backup.service");
        let outside = make("init.scope/backup.service");
        let lone = make("plain/backup.service");
        let mut units = Units::new(&root, vec!["backup.service".into(), "user@1000.service".into()]);
        units.list(&mut { MOST_LISTINGS });
        let unit = |id: u64| units.known.get(&id).cloned().flatten();
        assert_eq!(unit(deep).as_deref(), Some("backup.service"));
        assert_eq!(unit(other), None, "no rule names that unit, so nobody looks into it");
        assert_eq!(unit(nested).as_deref(), Some("getty@tty1.service"));
        assert_eq!(
            unit(mine).as_deref(),
            Some("user@1000.service"),
            "a user's manager cannot take a system unit's name"
        );
        assert_eq!(unit(outside), None);
        assert_eq!(unit(lone), None);
        assert_eq!(
            path_of(&root, "getty@tty1.service").as_deref(),
            Some("system.slice/system-getty.slice/getty@tty1.service")
        );
        assert_eq!(path_of(&root, "inner"), None);
        assert!(all(&root).contains(&"web.service".to_owned()));
        for number in 0..50 {
            make(&format!("system.slice/backup.service/{number}"));
        }
        let mut units = Units::new(&root, vec!["backup.service".into(), "user@1000.service".into()]);
        units.list(&mut 20);
        assert!(units.known.contains_key(&nested), "one unit with many groups hides no other");
        // Not a control group's file system.
        assert_eq!(Units::new(&root, Vec::new()).of(nested), None);
        fs::remove_dir_all(&root).unwrap();
    }
}
