// Writes safetensors bytes for tests: correct unless asked otherwise.
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

namespace curlew::model::testing {

class SafetensorsWriter {
 public:
  // shape: slowest dimension first.
  SafetensorsWriter& tensor(const std::string& name, const std::string& dtype,
                            const std::vector<std::int64_t>& shape,
                            std::span<const std::byte> bytes) {
    header_[name] = {{"dtype", dtype},
                     {"shape", shape},
                     {"data_offsets", {data_.size(), data_.size() + bytes.size()}}};
    data_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return *this;
  }

  nlohmann::json& header() { return header_; }

  // pad_to: the header is filled with spaces to a multiple of this, as real files have it.
  std::string bytes(std::size_t pad_to = 8) const { return with_header(header_.dump(), pad_to); }
  std::string with_header(std::string header, std::size_t pad_to = 8) const {
    while (header.size() % pad_to != 0) header.push_back(' ');
    const std::uint64_t length = header.size();
    std::string out(sizeof length, '\0');
    std::memcpy(out.data(), &length, sizeof length);
    return out + header + data_;
  }

  void write(const std::filesystem::path& path, std::size_t pad_to = 8) const {
    std::ofstream(path, std::ios::binary) << bytes(pad_to);
  }

 private:
  nlohmann::json header_ = nlohmann::json::object();
  std::string data_;
};

}  // namespace curlew::model::testing
