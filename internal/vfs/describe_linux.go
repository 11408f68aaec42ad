package vfs

import "golang.org/x/sys/unix"

// fileSystems has the names of what records may lie on, by the number that
// statfs gives (statfs(2)). An overlay is as durable as what it lies on, which
// it does not tell.
var fileSystems = map[uint32]string{
	unix.TMPFS_MAGIC: tmpfs, unix.RAMFS_MAGIC: ramfs,
	unix.EXT4_SUPER_MAGIC: "ext4", unix.XFS_SUPER_MAGIC: "xfs", unix.BTRFS_SUPER_MAGIC: "btrfs",
	unix.F2FS_SUPER_MAGIC: "f2fs", 0x2fc12fc1: "zfs",
	unix.OVERLAYFS_SUPER_MAGIC: "overlay", unix.FUSE_SUPER_MAGIC: "fuse", unix.V9FS_MAGIC: "9p",
	unix.NFS_SUPER_MAGIC: "nfs", unix.CIFS_SUPER_MAGIC: "cifs", unix.SMB2_SUPER_MAGIC: "smb2",
}

// The file systems that end with the machine.
const tmpfs, ramfs = "tmpfs", "ramfs"

var _ Describer = OS{}

// Describe implements Describer.
func (OS) Describe(dir string) (name string, inMemory bool) {
	var st unix.Statfs_t
	if err := uninterrupted(func() error { return unix.Statfs(dir, &st) }); err != nil {
		return "", false
	}
	name = fileSystems[uint32(st.Type)]
	return name, name == tmpfs || name == ramfs
}
