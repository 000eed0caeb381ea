#include "indexer/segment/segment.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstddef>

#include "indexer/segment/assembler.h"
#include "indexer/segment/string_table.h"

namespace curlew::indexer {
namespace {

// Whether every section lies in the body and is as large as the header's numbers want it.
bool is_sound(const SegmentHeader& header) {
  for (const SectionPlace& place : header.places) {
    if (place.offset > header.body_bytes || place.bytes > header.body_bytes - place.offset)
      return false;
  }
  const auto holds = [&](SectionId id, std::uint64_t count, std::uint64_t each) {
    return header.places[static_cast<std::uint32_t>(id)].bytes == count * each;
  };
  const auto blocks = [](std::uint32_t count) {
    return (std::uint64_t{count} + kBlockWords - 1) / kBlockWords;
  };
  return holds(SectionId::kDocuments, header.documents, sizeof(DocumentRecord)) &&
         holds(SectionId::kDocumentsByHash, header.documents, sizeof(std::uint32_t)) &&
         holds(SectionId::kChunkLengths, header.chunks, 1) &&
         holds(SectionId::kWordBlocks, blocks(header.words), sizeof(std::uint32_t)) &&
         holds(SectionId::kWordPostingBlocks, blocks(header.words), sizeof(std::uint32_t)) &&
         holds(SectionId::kTrigrams, header.trigrams, sizeof(std::uint32_t)) &&
         holds(SectionId::kTrigramPostingBlocks, blocks(header.trigrams), sizeof(std::uint32_t)) &&
         holds(SectionId::kTermBlocks, blocks(header.terms), sizeof(std::uint32_t)) &&
         holds(SectionId::kTermPostingBlocks, blocks(header.terms), sizeof(std::uint32_t)) &&
         holds(SectionId::kNameRows, NameRows::bytes_for(header.words), 1);
}

// What is wrong with the header of a file of that many bytes, or "".
std::string_view complaint_about(const SegmentHeader& header, std::uint64_t file_bytes) {
  if (std::memcmp(header.magic, kSegmentMagic, sizeof header.magic) != 0) return "no segment";
  if (header.version != kSegmentVersion || header.sections != kSections) return "another format";
  if (XXH3_64bits(&header, offsetof(SegmentHeader, header_hash)) != header.header_hash)
    return "its header is damaged";
  if (header.body_bytes > file_bytes) return "it is cut short";
  const std::uint64_t blocks = (header.body_bytes + kCheckedBlockBytes - 1) / kCheckedBlockBytes;
  if (file_bytes - header.body_bytes != sizeof header + blocks * sizeof(std::uint64_t))
    return "its size is wrong";
  return is_sound(header) ? "" : "its sections do not fit together";
}

}  // namespace

Expected<Segment::Ptr> Segment::map(const std::filesystem::path& path) {
  Expected<std::unique_ptr<MappedFile>> file = MappedFile::map(path);
  if (!file) return std::move(file.error()).pass();
  std::shared_ptr<Segment> segment(new Segment);
  segment->file_ = std::move(*file);
  segment->all_ = segment->file_->bytes();
  return open(std::move(segment), path.string());
}

Expected<Segment::Ptr> Segment::from_bytes(std::string bytes) {
  std::shared_ptr<Segment> segment(new Segment);
  segment->held_ = std::move(bytes);
  segment->all_ = segment->held_;
  return open(std::move(segment), "segment");
}

Expected<Segment::Ptr> Segment::open(std::shared_ptr<Segment> segment, std::string_view name) {
  SegmentHeader& header = segment->header_;
  if (segment->all_.size() < sizeof header) return fail(Errc::kCorrupt, "{}: cut short", name);
  std::memcpy(&header, segment->all_.data(), sizeof header);
  const std::string_view complaint = complaint_about(header, segment->all_.size());
  if (!complaint.empty()) return fail(Errc::kCorrupt, "{}: {}", name, complaint);
  const std::string_view body = segment->all_.substr(sizeof header, header.body_bytes);
  const std::string_view checksums = segment->all_.substr(sizeof header + header.body_bytes);
  if (XXH3_64bits(checksums.data(), checksums.size()) != header.checksums_hash)
    return fail(Errc::kCorrupt, "{}: its checksums are damaged", name);
  segment->body_ = std::make_unique<CheckedBytes>(body, checksums);
  const auto part = [&](SectionId id) { return segment->section(id); };
  segment->words_ = {part(SectionId::kWords), part(SectionId::kWordBlocks), header.words};
  segment->terms_ = {part(SectionId::kTerms), part(SectionId::kTermBlocks), header.terms};
  segment->word_postings_ = {part(SectionId::kWordPostings), part(SectionId::kWordPostingBlocks),
                             header.words};
  segment->term_postings_ = {part(SectionId::kTermPostings), part(SectionId::kTermPostingBlocks),
                             header.terms};
  segment->trigram_postings_ = {part(SectionId::kTrigramPostings),
                                part(SectionId::kTrigramPostingBlocks), header.trigrams};
  segment->name_rows_ = NameRows(part(SectionId::kNameRows), header.words);
  return Ptr(std::move(segment));
}

void Segment::check(const std::stop_token& stop) const {
  body_->check_rest([&](std::string_view bytes) {
    if (file_) file_->give_back(bytes);
    return !stop.stop_requested() && !damaged();
  });
}

std::optional<DocumentRecord> Segment::document(std::uint32_t number) const {
  const std::string_view bytes =
      section(SectionId::kDocuments)
          .read(std::uint64_t{number} * sizeof(DocumentRecord), sizeof(DocumentRecord));
  if (bytes.empty()) return std::nullopt;
  return load<DocumentRecord>(bytes);
}

std::optional<std::uint32_t> Segment::document_of_chunk(std::uint32_t chunk) const {
  std::uint32_t low = 0, high = header_.documents;
  while (low < high) {  // the first whose chunks begin after this one
    const std::uint32_t middle = low + (high - low) / 2;
    const std::optional<DocumentRecord> record = document(middle);
    if (!record) return std::nullopt;
    if (record->first_chunk <= chunk)
      low = middle + 1;
    else
      high = middle;
  }
  while (low-- > 0) {  // documents without chunks share their beginning with the next one
    const std::optional<DocumentRecord> record = document(low);
    if (!record || chunk < record->first_chunk) return std::nullopt;
    if (chunk - record->first_chunk < record->chunks) return low;
    if (record->chunks > 0) return std::nullopt;
  }
  return std::nullopt;
}

std::vector<std::uint32_t> Segment::documents_with(std::uint64_t hash) const {
  const Section order = section(SectionId::kDocumentsByHash);
  const auto number_at = [&](std::uint32_t i) {
    return load<std::uint32_t>(order.read(std::uint64_t{i} * 4, 4));
  };
  const auto hash_at = [&](std::uint32_t i) {
    const std::optional<DocumentRecord> record = document(number_at(i));
    return record ? record->hash : 0;
  };
  std::uint32_t low = 0, high = header_.documents;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (hash_at(middle) < hash)
      low = middle + 1;
    else
      high = middle;
  }
  std::vector<std::uint32_t> found;
  for (; low < header_.documents && hash_at(low) == hash; ++low) found.push_back(number_at(low));
  return found;
}

std::string_view Segment::language(const DocumentRecord& document) const {
  const Section names = section(SectionId::kLanguages);
  VarintReader reader(names.read(0, names.bytes()));
  for (int i = 0; i < document.language && !reader.done(); ++i) (void)reader.take_counted();
  return reader.done() ? std::string_view() : reader.take_counted();
}

DocumentRows Segment::rows(const DocumentRecord& document) const {
  return DocumentRows(section(SectionId::kRows).read(document.rows_offset, document.rows_bytes));
}

std::uint8_t Segment::chunk_length(std::uint32_t chunk) const {
  return load<std::uint8_t>(section(SectionId::kChunkLengths).read(chunk, 1));
}

PostingList Segment::groups_with(std::uint32_t trigram) const {
  const Section section_of_keys = section(SectionId::kTrigrams);
  const std::string_view keys = section_of_keys.read(0, section_of_keys.bytes());
  std::uint32_t low = 0, high = header_.trigrams;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    (load<std::uint32_t>(keys, std::size_t{middle} * 4) < trigram) ? low = middle + 1
                                                                   : high = middle;
  }
  if (low == header_.trigrams || load<std::uint32_t>(keys, std::size_t{low} * 4) != trigram)
    return {};
  return trigram_postings_.at(low);
}

// The groups of words that hold every trigram of the text; none: all may.
std::optional<std::vector<std::uint32_t>> Segment::groups_holding(std::string_view text) const {
  if (!has_trigrams() || text.size() < 3) return std::nullopt;
  std::optional<std::vector<std::uint32_t>> common;
  for (std::size_t i = 0; i + 3 <= text.size(); ++i) {
    std::vector<std::uint32_t> groups;
    for (PostingCursor cursor(groups_with(trigram_at(text, i)).bytes, 0); cursor.next();)
      groups.push_back(cursor.number());
    if (common) {
      std::vector<std::uint32_t> both;
      std::set_intersection(common->begin(), common->end(), groups.begin(), groups.end(),
                            std::back_inserter(both));
      groups = std::move(both);
    }
    common = std::move(groups);
    if (common->empty()) break;
  }
  return common;
}

void Segment::words_holding(
    std::string_view text, const std::function<bool(std::uint32_t, std::string_view)>& take) const {
  const std::string wanted = folded(text);
  const auto same = [](char a, char b) { return folded(a) == b; };
  bool go_on = true;
  const Dictionary::Take look = [&](std::uint32_t number, std::string_view word) {
    if (std::search(word.begin(), word.end(), wanted.begin(), wanted.end(), same) != word.end() ||
        wanted.empty())
      go_on = take(number, word);
    return go_on;
  };
  const std::optional<std::vector<std::uint32_t>> groups = groups_holding(wanted);
  if (!groups) return words_.scan(0, words_.size(), look);
  for (const std::uint32_t group : *groups) {
    const std::uint64_t first = std::uint64_t{group} * kTrigramWords;
    if (!go_on || first >= words_.size()) break;
    words_.scan(
        static_cast<std::uint32_t>(first),
        static_cast<std::uint32_t>(std::min<std::uint64_t>(first + kTrigramWords, words_.size())),
        look);
  }
}

}  // namespace curlew::indexer
