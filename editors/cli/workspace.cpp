#include "editors/cli/workspace.h"

#include <charconv>
#include <fstream>
#include <iterator>
#include <set>

#include "editors/cli/report.h"
#include "indexer/source/walk.h"

namespace curlew::cli {
namespace fs = std::filesystem;
namespace {

constexpr std::uintmax_t kFileBytesMax = 64u << 20;

bool parse_number(std::string_view digits, std::size_t& value) {
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc() && end == digits.data() + digits.size() && value > 0;
}

// Splits "a:b:12:7" at its last two colons, so that a colon in a file's name does no harm.
bool split_place(std::string_view place, std::string_view& file, std::size_t& line,
                 std::size_t& column) {
  const std::size_t second = place.rfind(':');
  if (second == std::string_view::npos || second == 0) return false;
  const std::size_t first = place.rfind(':', second - 1);
  if (first == std::string_view::npos || first == 0) return false;
  file = place.substr(0, first);
  return parse_number(place.substr(first + 1, second - first - 1), line) &&
         parse_number(place.substr(second + 1), column);
}

bool starts_character(std::string_view text, std::size_t offset) {
  return offset >= text.size() || (static_cast<unsigned char>(text[offset]) & 0xC0) != 0x80;
}

// By its own name and by that of what it leads to; outside of a repository the folder counts, too.
bool is_secret(const fs::path& file) {
  std::error_code error;
  for (const fs::path& path :
       {fs::absolute(file).lexically_normal(), fs::weakly_canonical(file, error)}) {
    const fs::path folder = path.parent_path();
    const fs::path root = indexer::workspace_root_of(folder);
    if (indexer::is_secret_path(path.lexically_relative(root).generic_string()) ||
        indexer::is_secret_path((folder.filename() / path.filename()).generic_string()) ||
        indexer::is_secret_folder(folder.filename().generic_string()))
      return true;
  }
  return false;
}

// Says what the update has to say, each thing once.
Status bring_up_to_date(indexer::Index& index, std::set<std::string>& notes_told,
                        const std::stop_token& stop) {
  ProgressLine line;
  auto updated = index.update(
      [&](const indexer::IndexProgress& progress) {
        const double total = std::max(progress.files_total, 1);
        line.show(progress.files_done / total,
                  fmt::format("indexing {}/{}", progress.files_done, progress.files_total));
      },
      stop);
  line.clear();
  if (!updated) return tl::unexpected<assist::Error>(std::move(updated.error()));
  for (const std::string& note : updated->notes) {
    if (notes_told.insert(note).second) report_warning(note);
  }
  return {};
}

}  // namespace

Expected<std::string> read_file(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status))
    return assist::fail(assist::Errc::kNotFound, "{}: no such file", path.string());
  if (!fs::is_regular_file(status))
    return assist::fail(assist::Errc::kInvalidInput, "{}: not a regular file", path.string());
  const std::uintmax_t size = fs::file_size(path, error);
  if (!error && size > kFileBytesMax)
    return assist::fail(assist::Errc::kInvalidInput, "{}: {} bytes, at most {} are read",
                        path.string(), size, kFileBytesMax);
  std::ifstream in(path, std::ios::binary);
  if (!in) return assist::fail(assist::Errc::kInvalidInput, "{}: cannot be read", path.string());
  return std::string(std::istreambuf_iterator<char>(in), {});
}

Expected<Place> resolve_place(std::string_view place) {
  std::string_view file;
  std::size_t line = 0, column = 0;
  if (!split_place(place, file, line, column))
    return assist::fail(assist::Errc::kInvalidInput,
                        "place '{}': expected FILE:LINE:COL, both from 1, COL in bytes", place);
  if (is_secret(file))
    return assist::fail(assist::Errc::kInvalidInput,
                        "place '{}': that is a secret file's name, and those are never read",
                        place);
  Expected<std::string> text = read_file(file);
  if (!text) return std::move(text.error()).during(fmt::format("place '{}'", place));

  std::size_t line_start = 0, lines_seen = 1;
  for (; lines_seen < line; ++lines_seen) {
    const std::size_t newline = text->find('\n', line_start);
    if (newline == std::string::npos)
      return assist::fail(assist::Errc::kInvalidInput,
                          "place '{}': line {} is outside the file, which has {} lines", place,
                          line, lines_seen);
    line_start = newline + 1;
  }
  std::size_t line_end = std::min(text->find('\n', line_start), text->size());
  if (line_end > line_start && (*text)[line_end - 1] == '\r') --line_end;
  const std::size_t offset = line_start + column - 1;
  if (column - 1 > line_end - line_start)
    return assist::fail(assist::Errc::kInvalidInput,
                        "place '{}': column {} is outside line {}, which has {} bytes", place,
                        column, line, line_end - line_start);
  if (!starts_character(*text, offset))
    return assist::fail(assist::Errc::kInvalidInput,
                        "place '{}': column {} lies inside a character", place, column);
  return Place{fs::path(file), std::move(*text), offset};
}

fs::path workspace_root(const CommonOptions& common, const fs::path& start) {
  if (common.workspace) return fs::absolute(*common.workspace).lexically_normal();
  return indexer::workspace_root_of(fs::absolute(start));
}

server::Settings effective_settings(const CommonOptions& common, const fs::path& root) {
  server::LoadedSettings loaded = server::load_settings(root);
  for (const std::string& complaint : loaded.complaints) report_warning(complaint);
  server::overlay_settings(loaded.settings, common.settings, common.settings_keys);
  return std::move(loaded.settings);
}

Expected<std::unique_ptr<indexer::Index>> open_index(const server::Settings& settings,
                                                     const fs::path& root, std::stop_token stop) {
  struct Opened {
    indexer::Index* index = nullptr;
    std::stop_token stop;
    std::set<std::string> notes_told;
  };
  const auto opened = std::make_shared<Opened>();
  opened->stop = std::move(stop);
  indexer::IndexOptions options;
  options.root = root;
  options.store = settings.index_store;
  options.on_damage = [opened] {
    Status mended = bring_up_to_date(*opened->index, opened->notes_told, opened->stop);
    if (!mended) report_warning(mended.error().message());
  };
  auto index = indexer::Index::open(options);
  if (!index) return tl::unexpected<assist::Error>(std::move(index.error()));
  opened->index = index->get();
  Status updated = bring_up_to_date(**index, opened->notes_told, opened->stop);
  if (!updated) return tl::unexpected<assist::Error>(std::move(updated.error()));
  return std::move(*index);
}

Expected<std::unique_ptr<model::Generator>> open_generator(const server::Settings& settings) {
  ProgressLine line;
  server::Settings own = settings;
  own.prefix_cache = false;  // one answer is not worth the writing
  auto generator = server::make_generator(
      own, [&](float fraction) { line.show(fraction, "loading " + settings.model); });
  line.clear();
  if (!generator) return tl::unexpected<assist::Error>(std::move(generator.error()));
  return std::move(*generator);
}

std::string relative_path(const fs::path& file, const fs::path& root) {
  std::error_code error;
  const fs::path absolute = fs::weakly_canonical(file, error);
  const fs::path base = fs::weakly_canonical(root, error);
  const fs::path relative = absolute.lexically_relative(base);
  if (relative.empty() || *relative.begin() == "..") return absolute.generic_string();
  return relative.generic_string();
}

}  // namespace curlew::cli
