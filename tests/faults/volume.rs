//! A file system of a case's own: one that is soon full, and one whose power is cut.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// Size of the file system in memory: room for some thousand mails.
const SMALL: &str = "size=192m";

/// Size of the image; files of a store of some thousand mails fit in.
const IMAGE_BYTES: u64 = 384 * 1024 * 1024;

/// Shuts an ext4 file system down at once, its journal not written: `EXT4_IOC_SHUTDOWN` with `NOLOGFLUSH`.
const SHUT_DOWN: &str = "import fcntl,os,struct,sys\n\
                         fcntl.ioctl(os.open(sys.argv[1],os.O_RDONLY),0x8004587D,struct.pack('I',2))";

/// Where a case keeps its SQLite file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Storage {
    /// Beside everything else.
    Folder,
    /// In a small file system in memory.
    Small,
    /// In an image with a journal, whose power can be cut.
    Image,
}

/// A mounted file system; unmounted when dropped.
pub(crate) struct Volume {
    folder: TempDir,
    storage: Storage,
}

impl Volume {
    /// Makes and mounts one.
    pub(crate) fn mount(storage: Storage) -> io::Result<Self> {
        let volume = Self { folder: TempDir::with_prefix("nightdesk-volume-")?, storage };
        fs::create_dir(volume.path())?;
        if storage == Storage::Image {
            File::create(volume.image())?.set_len(IMAGE_BYTES)?;
            succeed(Command::new("mkfs.ext4").args(["-q", "-F"]).arg(volume.image()))?;
        }
        volume.attach()?;
        Ok(volume)
    }

    /// Returns the root of the file system.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    /// Fills it to the last byte.
    pub(crate) fn fill(&self) -> io::Result<()> {
        let mut ballast = File::create(self.ballast())?;
        // Large pieces first, then small ones into what is left.
        for size in [1 << 20, 1 << 12, 1] {
            let piece = vec![0; size];
            while ballast.write_all(&piece).is_ok() {}
        }
        Ok(())
    }

    /// Makes room again.
    pub(crate) fn free(&self) -> io::Result<()> {
        fs::remove_file(self.ballast())
    }

    /// Cuts the power: what was not synced is gone, and nothing can be written any more.
    pub(crate) fn cut_power(&self) -> io::Result<()> {
        succeed(Command::new("python3").args(["-c", SHUT_DOWN]).arg(self.path()))
    }

    /// Unmounts and mounts it, as a start after a power cut does; nobody may use it.
    pub(crate) fn restart(&self) -> io::Result<()> {
        detach(&self.path())?;
        self.attach()
    }

    fn attach(&self) -> io::Result<()> {
        let mut mount = Command::new("mount");
        match self.storage {
            Storage::Image => mount.args(["-o", "loop"]).arg(self.image()),
            Storage::Small | Storage::Folder => mount.args(["-t", "tmpfs", "-o", SMALL, "nightdesk"]),
        };
        succeed(mount.arg(self.path()))
    }

    fn image(&self) -> PathBuf {
        self.folder.path().join("image")
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        // It is not mounted if mounting it failed.
        drop(detach(&self.path()));
    }
}

fn detach(path: &Path) -> io::Result<()> {
    succeed(Command::new("umount").arg(path))
}

fn succeed(command: &mut Command) -> io::Result<()> {
    let done = command.stdin(Stdio::null()).output()?;
    if done.status.success() {
        return Ok(());
    }
    Err(io::Error::other(String::from_utf8_lossy(&done.stderr).trim().to_owned()))
}
