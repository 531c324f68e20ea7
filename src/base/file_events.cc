#include "base/file_events.h"

#include <linux/magic.h>
#include <sys/vfs.h>

namespace tailrace {
namespace {

// Not in linux/magic.h; from the file systems' own sources or statfs(2).
constexpr std::uint32_t kZfs = 0x2fc12fc1;
constexpr std::uint32_t kBcachefs = 0xca451a4e;
constexpr std::uint32_t kGfs2 = 0x01161970;
constexpr std::uint32_t kLustre = 0x0bd00bd0;
constexpr std::uint32_t kGpfs = 0x47504653;

}  // namespace

FileEvents file_events_of(int fd) {
  struct statfs status {};
  if (::fstatfs(fd, &status) != 0) return FileEvents::kMost;
  switch (static_cast<std::uint32_t>(status.f_type)) {
    case EXT4_SUPER_MAGIC:  // and ext2, ext3
    case XFS_SUPER_MAGIC:
    case BTRFS_SUPER_MAGIC:
    case F2FS_SUPER_MAGIC:
    case TMPFS_MAGIC:
    case RAMFS_MAGIC:
    case kZfs:
    case kBcachefs:
      return FileEvents::kAll;
    case NFS_SUPER_MAGIC:
    case SMB_SUPER_MAGIC:
    case CIFS_SUPER_MAGIC:
    case SMB2_SUPER_MAGIC:
    case FUSE_SUPER_MAGIC:  // virtiofs, too
    case V9FS_MAGIC:
    case CEPH_SUPER_MAGIC:
    case AFS_SUPER_MAGIC:
    case AFS_FS_MAGIC:
    case CODA_SUPER_MAGIC:
    case OCFS2_SUPER_MAGIC:
    case kGfs2:
    case kLustre:
    case kGpfs:
      return FileEvents::kOnlyOwn;
    default:
      return FileEvents::kMost;
  }
}

}  // namespace tailrace
