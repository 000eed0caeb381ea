#include "kernels/cpu/packed_matrix.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <utility>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "kernels/cpu/block_codes.h"

namespace curlew::kernels {
namespace {

constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;
constexpr std::size_t kRegionBytes = 32 * kHugePageBytes;
constexpr std::int64_t kPanelsPerPiece = 4;

constexpr std::size_t round_up(std::size_t bytes, std::size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

// Huge pages: a decode step streams every byte once, and 4 KiB pages would cost it a TLB miss each.
std::shared_ptr<std::uint8_t> allocate_region(std::size_t bytes) {
  const std::size_t alignment = bytes >= kHugePageBytes ? kHugePageBytes : kVectorBytes;
  const std::size_t size = round_up(bytes, alignment);
  void* const p = std::aligned_alloc(alignment, size);
#if defined(__linux__)
  if (p && alignment == kHugePageBytes) madvise(p, size, MADV_HUGEPAGE);  // a wish; failing is fine
#endif
  return {static_cast<std::uint8_t*>(p), [](std::uint8_t* region) { std::free(region); }};
}

// Four codes of one row, one per byte of a word.
std::uint32_t load_word(const std::uint8_t* p) {
  std::uint32_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

// ORs `word` into vector `idx` of the planes, at the four bytes of `row`.
void or_word(std::uint8_t* planes, int idx, int row, std::uint32_t word) {
  std::uint8_t* at = planes + idx * kVectorBytes + row * 4;
  word |= load_word(at);
  std::memcpy(at, &word, sizeof word);
}

constexpr std::uint32_t every_byte(std::uint32_t mask) {
  return mask * 0x01010101u;
}

// One row of one 32-column block into its (zeroed) planes.
template <int kBits>
void pack_row(const std::uint8_t* codes, int row, std::uint8_t* planes) {
  constexpr int kLow = kBits == 8 ? 8 : (kBits < 4 ? 2 : 4);
  constexpr int kHigh = kBits - kLow;
  for (int g = 0; g < kBlockCols / 4; ++g) {
    const std::uint32_t word = load_word(codes + g * 4);
    const std::uint32_t low = word & every_byte((1u << kLow) - 1);
    if constexpr (kLow == 8)
      or_word(planes, g, row, low);
    else if constexpr (kLow == 4)
      or_word(planes, g % 4, row, low << (g < 4 ? 0 : 4));
    else
      or_word(planes, g / 4, row, low << 2 * (g % 4));
    const std::uint32_t high = word >> kLow % 8 & every_byte((1u << kHigh) - 1);
    if constexpr (kHigh == 2) or_word(planes, kLow + g / 4, row, high << 2 * (g % 4));
    if constexpr (kHigh == 1) or_word(planes, kLow, row, high << g);
  }
}

void pack_row(int bits, const std::uint8_t* codes, int row, std::uint8_t* planes) {
  switch (bits) {
    case 2:
      return pack_row<2>(codes, row, planes);
    case 3:
      return pack_row<3>(codes, row, planes);
    case 4:
      return pack_row<4>(codes, row, planes);
    case 5:
      return pack_row<5>(codes, row, planes);
    case 6:
      return pack_row<6>(codes, row, planes);
    default:
      return pack_row<8>(codes, row, planes);
  }
}

void put_u16(std::uint8_t* header, int idx, std::uint16_t value) {
  std::memcpy(header + 2 * idx, &value, sizeof value);
}

// Scales of one source block: block `block_idx` of the chunk for block types, the whole chunk for
// super-blocks.
void pack_scales(const PanelFormat& format, const BlockCodes& codes, int block_idx, int row,
                 std::uint8_t* header) {
  if (format.scales != ScaleKind::kSuper) {
    put_u16(header, block_idx * kPanelRows + row, codes.d);
    if (format.has_min) put_u16(header, (kChunkBlocks + block_idx) * kPanelRows + row, codes.dmin);
    return;
  }
  put_u16(header, row, codes.d);
  if (format.has_min) put_u16(header, kPanelRows + row, codes.dmin);
  std::uint8_t* scales = header + (format.has_min ? 2 : 1) * kPanelRows * 2;
  for (int g = 0; g < format.groups(); ++g) {
    scales[g * kPanelRows + row] = static_cast<std::uint8_t>(codes.scale[g]);
    if (format.has_min) scales[(format.groups() + g) * kPanelRows + row] = codes.min[g];
  }
}

// One chunk's worth of columns of one row, from `src` on; returns where the row goes on.
const std::uint8_t* pack_chunk_row(const MatrixView& view, const PanelFormat& format, int blocks,
                                   const std::uint8_t* src, int row, std::uint8_t* chunk) {
  const BlockShape shape = block_shape(view.type);
  BlockCodes codes;
  for (int b = 0; b < blocks; b += shape.elements / kBlockCols, src += shape.bytes) {
    split_block(view.type, src, codes);
    pack_scales(format, codes, b, row, chunk);
    for (int i = 0; i < shape.elements / kBlockCols; ++i)
      pack_row(format.bits, codes.code + i * kBlockCols, row,
               chunk + format.header_bytes() + (b + i) * format.plane_bytes());
  }
  return src;
}

// One panel of one strip. Rows past the end stay zero: scale 0, so they cost time but never a
// value.
void pack_panel(const PackedMatrix::Impl& w, const std::uint8_t* data, std::int64_t panel_idx,
                std::int64_t first_col) {
  std::uint8_t* const panel = w.at(first_col, panel_idx);
  std::memset(panel, 0, w.strip_panel_bytes(first_col));
  const BlockShape shape = block_shape(w.view.type);
  const std::size_t before = static_cast<std::size_t>(first_col / shape.elements) * shape.bytes;
  const std::int64_t first_row = panel_idx * kPanelRows;
  const int rows = static_cast<int>(std::min<std::int64_t>(kPanelRows, w.view.rows - first_row));
  const std::size_t row_bytes = w.view.row_bytes();
  for (int row = 0; row < rows; ++row) {
    const std::uint8_t* src = data + (first_row + row) * row_bytes + before;
    std::uint8_t* chunk = panel;
    for (std::int64_t left = w.strip_width(first_col) / kBlockCols; left > 0;
         left -= kChunkBlocks) {
      const int blocks = static_cast<int>(std::min<std::int64_t>(left, kChunkBlocks));
      src = pack_chunk_row(w.view, w.format, blocks, src, row, chunk);
      chunk += w.format.header_bytes() + blocks * w.format.plane_bytes();
    }
  }
}

}  // namespace

std::shared_ptr<std::uint8_t> PackedMemory::take(std::size_t bytes) {
  const std::size_t size = round_up(bytes, kVectorBytes);
  if (size > kRegionBytes / 2) return allocate_region(size);
  if (!region_ || size_ - used_ < size) {
    region_ = allocate_region(kRegionBytes);  // what is not used of it is never resident
    used_ = 0, size_ = region_ ? kRegionBytes : 0;
    if (!region_) return nullptr;
  }
  return {region_, region_.get() + std::exchange(used_, used_ + size)};
}

PackedMatrix::PackedMatrix() = default;
PackedMatrix::~PackedMatrix() = default;
PackedMatrix::PackedMatrix(PackedMatrix&&) noexcept = default;
PackedMatrix& PackedMatrix::operator=(PackedMatrix&&) noexcept = default;

PackedMatrix PackedMatrix::pack(const MatrixView& view, ThreadPool& pool, PackedMemory* memory) {
  assert(view.rows > 0 && view.cols > 0 && view.cols % block_shape(view.type).elements == 0);
  PackedMatrix out;
  auto impl = std::make_unique<Impl>();
  impl->view = view;
  impl->format = panel_format(view.type);
  if (impl->format.bits != 0) {
    impl->view.data = nullptr;
    impl->strip_cols = strip_columns(view.cols);
    impl->own_bytes =
        impl->format.panel_bytes(view.cols) * static_cast<std::size_t>(impl->panel_count());
    impl->panels = memory ? memory->take(impl->own_bytes) : allocate_region(impl->own_bytes);
    if (!impl->panels) return out;
    const auto* data = static_cast<const std::uint8_t*>(view.data);
    pool.for_range(impl->panel_count(), kPanelsPerPiece, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t p = begin; p < end; ++p)
        for (std::int64_t col = 0; col < view.cols; col += impl->strip_cols)
          pack_panel(*impl, data, p, col);
    });
  }
  out.impl_ = std::move(impl);
  return out;
}

std::int64_t PackedMatrix::rows() const {
  return impl_ ? impl_->view.rows : 0;
}
std::int64_t PackedMatrix::cols() const {
  return impl_ ? impl_->view.cols : 0;
}
WeightType PackedMatrix::type() const {
  return impl_ ? impl_->view.type : WeightType::kF32;
}
std::size_t PackedMatrix::own_bytes() const {
  return impl_ ? impl_->own_bytes : 0;
}
PackedMatrix::operator bool() const {
  return impl_ != nullptr;
}

}  // namespace curlew::kernels
