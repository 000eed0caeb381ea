// The bytes of a segment, mapped or held, checked block by block when they are first touched.
//
// Thread-safe. Whatever does not lie inside, or whose checksum is wrong, reads as nothing; the
// latter also sets damaged(), and stays so.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "indexer/segment/format.h"

namespace curlew::indexer {

class CheckedBytes {
 public:
  // `checksums` has one for each block of `body`; both outlive this.
  CheckedBytes(std::string_view body, std::string_view checksums);

  std::string_view read(std::uint64_t offset, std::uint64_t bytes) const {
    if (offset > body_.size() || bytes > body_.size() - offset) return {};
    if (bytes == 0) return {};
    const std::uint64_t last = (offset + bytes - 1) / kCheckedBlockBytes;
    for (std::uint64_t i = offset / kCheckedBlockBytes; i <= last; ++i) {
      if (!states_[i].load(std::memory_order_relaxed) && !check(i)) return {};
    }
    return body_.substr(static_cast<std::size_t>(offset), static_cast<std::size_t>(bytes));
  }
  bool damaged() const { return damaged_.load(std::memory_order_relaxed); }

  // Checks the blocks that nobody has touched yet, in order, as long as they are good; `checked`
  // gets each one's bytes and says whether to go on.
  void check_rest(const std::function<bool(std::string_view)>& checked) const;

 private:
  bool check(std::uint64_t block) const;

  std::string_view body_, checksums_;
  mutable std::vector<std::atomic<bool>> states_;  // checked, and good
  mutable std::atomic<bool> damaged_{false};
};

// Part of a segment's bytes.
class Section {
 public:
  Section() = default;
  Section(const CheckedBytes& bytes, SectionPlace place) : bytes_(&bytes), place_(place) {}
  std::uint64_t bytes() const { return place_.bytes; }
  std::string_view read(std::uint64_t offset, std::uint64_t bytes) const {
    if (offset > place_.bytes || bytes > place_.bytes - offset) return {};
    return bytes_->read(place_.offset + offset, bytes);
  }

 private:
  const CheckedBytes* bytes_ = nullptr;
  SectionPlace place_;
};

}  // namespace curlew::indexer
