//! A small file system mounted on a folder, which can be filled to the last byte.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

/// A tmpfs that stays mounted until this is dropped.
pub struct Disk {
    folder: PathBuf,
}

impl Disk {
    /// Mounts a tmpfs of `bytes` bytes, writable by all users, on `folder`, which is created if missing. Needs
    /// permission to mount: root's, or that of a user namespace (`unshare --user --map-current-user --keep-caps
    /// --mount`).
    pub fn mount(folder: &Path, bytes: u64) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let options = std::ffi::CString::new(format!("size={bytes},mode=0777"))?;
        mount("tmpfs", folder, "tmpfs", MountFlags::NODEV | MountFlags::NOSUID, Some(options.as_c_str()))
            .with_context(|| format!("no right to mount a small disk on {}", folder.display()))?;
        Ok(Self { folder: folder.to_owned() })
    }

    fn ballast(&self) -> PathBuf {
        self.folder.join("ballast")
    }

    /// Fills it to the last byte.
    pub fn fill(&self) -> Result<()> {
        let mut file = File::create(self.ballast())?;
        for size in [1 << 20, 4096, 1] {
            let block = vec![0; size];
            loop {
                match file.write_all(&block) {
                    Ok(()) => {}
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => bail!("filling {}: {error}", self.folder.display()),
                }
            }
        }
        Ok(())
    }

    /// Frees the space again.
    pub fn free(&self) -> Result<()> {
        Ok(std::fs::remove_file(self.ballast())?)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // MNT_DETACH: the file system goes away once the last open file on it is closed.
        let _ = unmount(&self.folder, UnmountFlags::DETACH);
        let _ = std::fs::remove_dir(&self.folder);
    }
}
