#include "memory/image_formats.h"

namespace tablewalk {
namespace {

using namespace std::string_view_literals;

bool begins(std::string_view head, std::string_view magic) {
  return head.substr(0, magic.size()) == magic;
}

bool is_kdump(std::string_view head) {
  return begins(head, "KDUMP   "sv) || begins(head, "DISKDUMP"sv);
}

constexpr const char* convert_vmware = "expected the .vmem beside it, with --image-format raw and --image-map";

}  // namespace

const std::vector<ImageFormat>& image_formats() {
  static const std::vector<ImageFormat> formats = {
      {"elf", "an ELF core",
       [](std::string_view head) {
         return begins(head,
                       "\x7f"sv
                       "ELF"sv);
       },
       read_elf},
      {"lime", "a LiME dump", [](std::string_view head) { return begins(head, "EMiL"sv); }, read_lime},
      {"avml", "an AVML dump", [](std::string_view head) { return begins(head, "AVML"sv); }, read_lime},
      {"kdump", "a kdump-compressed dump", is_kdump, read_kdump},
      {"flattened", "a flattened makedumpfile dump",
       [](std::string_view head) { return begins(head, "makedumpfile\0\0\0\0"sv); }, read_flattened},
      {"windows", "a Windows crash dump",
       [](std::string_view head) { return begins(head, "PAGEDU64"sv) || begins(head, "PAGEDUMP"sv); }, read_windows},
      {"pages", "a list of pages", is_page_list, read_pages},
  };
  return formats;
}

const std::vector<ForeignFormat>& foreign_image_formats() {
  constexpr const char* dump_instead = "expected dump-guest-memory's ELF or kdump, or pmemsave's raw memory";
  constexpr const char* unpack = "expected the image inside it";
  static const std::vector<ForeignFormat> formats = {
      {"a QEMU savevm or migration stream", "QEVM"sv, 0, dump_instead},
      {"a libvirt save file", "LibvirtQemudSave"sv, 0, "expected `virsh dump --memory-only`"},
      {"a VMware snapshot (.vmss, .vmsn)", "\xd0\xbe\xd2\xbe"sv, 0, convert_vmware},
      {"a VMware snapshot (.vmss, .vmsn)", "\xd1\xba\xd1\xba"sv, 0, convert_vmware},
      {"a VMware snapshot (.vmss, .vmsn)", "\xd2\xbe\xd2\xbe"sv, 0, convert_vmware},
      {"a VMware snapshot (.vmss, .vmsn)", "\xd3\xbe\xd3\xbe"sv, 0, convert_vmware},
      {"a VirtualBox saved state", "\x7fVirtualBox SavedState"sv, 0, "expected `VBoxManage debugvm dumpvmcore`"},
      {"a Mach-O core", "\xcf\xfa\xed\xfe"sv, 0, "expected an ELF core or raw memory"},
      {"a Mach-O core", "\xce\xfa\xed\xfe"sv, 0, "expected an ELF core or raw memory"},
      {"a Mach-O core", "\xfe\xed\xfa\xcf"sv, 0, "expected an ELF core or raw memory"},
      {"a Mach-O core", "\xfe\xed\xfa\xce"sv, 0, "expected an ELF core or raw memory"},
      {"a Windows hibernation file", "hibr"sv, 0, "expected a crash dump or raw memory"},
      {"a Windows hibernation file", "HIBR"sv, 0, "expected a crash dump or raw memory"},
      {"a Windows hibernation file", "wake"sv, 0, "expected a crash dump or raw memory"},
      {"a Windows hibernation file", "WAKE"sv, 0, "expected a crash dump or raw memory"},
      {"a Windows hibernation file", "RSTR"sv, 0, "expected a crash dump or raw memory"},
      {"a Windows minidump of a process", "MDMP"sv, 0, "expected a full crash dump of the machine"},
      {"a Linux hibernation image", "S1SUSPEND"sv, 4086, "expected an ELF core or raw memory"},
      {"Linux swap space", "SWAPSPACE2"sv, 4086, "expected physical memory"},
      {"an LKCD dump", "\xed\x23\x8f\x61\x73\x01\x19\xa8"sv, 0, "expected a kdump or an ELF core"},
      {"an HPAK dump", "HPAK"sv, 0, "expected the raw memory inside it"},
      {"an EWF (EnCase) file", "EVF\x09\x0d\x0a\xff\x00"sv, 0, "expected the raw memory inside it"},
      {"a qcow disk image", "QFI\xfb"sv, 0, "expected physical memory"},
      {"a VMware disk image", "KDMV"sv, 0, "expected physical memory"},
      {"a VHDX disk image", "vhdxfile"sv, 0, "expected physical memory"},
      {"an ISO 9660 image", "CD001"sv, 0x8001, "expected physical memory"},
      {"a zip archive (or AFF4)", "PK\x03\x04"sv, 0, unpack},
      {"a 7-zip archive", "7z\xbc\xaf\x27\x1c"sv, 0, unpack},
      {"a tar archive", "ustar"sv, 257, unpack},
      {"an LZ4 file", "\x04\x22\x4d\x18"sv, 0, "expected it decompressed, or compressed with gzip, xz, zstd or bzip2"},
      {"a bare snappy stream", "\xff\x06\0\0sNaPpY"sv, 0, "expected LiME or AVML, which have the addresses"},
      {"a perf.data file", "PERFILE2"sv, 0, "expected physical memory"},
      {"a gem5 checkpoint or trace", "gem5"sv, 0, "expected physical memory"},
      {"a tablewalk trace", "\x89TWT\r\n\x1a\n"sv, 0, "expected physical memory"},
  };
  return formats;
}

const ImageFormat* find_image_format(std::string_view head) {
  for (const ImageFormat& format : image_formats()) {
    if (format.recognises(head)) return &format;
  }
  return nullptr;
}

const ForeignFormat* find_foreign_format(std::string_view head) {
  for (const ForeignFormat& format : foreign_image_formats()) {
    if (head.size() < format.offset) continue;
    if (head.substr(format.offset, format.magic.size()) == format.magic) return &format;
  }
  return nullptr;
}

}  // namespace tablewalk
