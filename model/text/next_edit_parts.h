// What writing a next-edit prompt and reading its answer have in common. Private to model/text.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/text/next_edit.h"

namespace curlew::model {

inline constexpr std::string_view kZetaCursor = "<|user_cursor_is_here|>";
inline constexpr std::string_view kZetaFileStart = "<|start_of_file|>";
inline constexpr std::string_view kZetaRegionStart = "<|editable_region_start|>";
inline constexpr std::string_view kZetaRegionEnd = "<|editable_region_end|>";

inline constexpr std::string_view kZeta2Cursor = "<|user_cursor|>";
inline constexpr std::string_view kZeta2Current = "<<<<<<< CURRENT\n";
inline constexpr std::string_view kZeta2Divider = "=======\n";
inline constexpr std::string_view kZeta2Updated = ">>>>>>> UPDATED";
inline constexpr std::string_view kZeta2NoEdits = "NO_EDITS";
inline constexpr std::string_view kZeta21MarkerStart = "<|marker_";
inline constexpr std::string_view kMarkerEnd = "|>";

inline constexpr std::string_view kSweepCursor = "<|cursor|>";
inline constexpr std::string_view kFileSep = "<|file_sep|>";

// Everything that a family puts between pieces of the user's text.
std::span<const std::string_view> next_edit_markers(NextEditLayout layout);

// The text with its lines ended as prompts end them, and places in it moved accordingly.
struct PromptText {
  std::string text;
  int first_line = 1;
  std::size_t cursor = 0;
  ByteRange editable;
  bool crlf = false;  // the region's lines ended with CRLF

  std::string_view before() const { return std::string_view(text).substr(0, editable.begin); }
  std::string_view region() const {
    return std::string_view(text).substr(editable.begin, editable.size());
  }
  std::string_view after() const { return std::string_view(text).substr(editable.end); }
  std::size_t cursor_in_region() const { return cursor - editable.begin; }
};
// Error kInvalidInput when region and cursor do not fit the text.
Expected<PromptText> prompt_text(const NextEditText& text);

// The region as families show it that end it with a line feed of their own: without its last one,
// unless the cursor stands behind that, in an empty last line.
std::string_view shown_region(const PromptText& text);

std::string with_line_feeds(std::string_view text);  // every CRLF a "\n"

std::string_view without_last_feed(std::string_view text);
int count_lines(std::string_view text);  // a last one without a line feed counts

// Offsets in a region where zeta-2.1 puts its markers: 0, rising, the region's size. Two of them
// even in an empty region. Blocks begin behind blank lines where that leaves blocks of 6 lines and
// more, and at the latest after 16; not at a line that only closes something, if another is near.
std::vector<std::size_t> marker_offsets(std::string_view region);

// What sweep-v2's answer begins with: the region's lines above the cursor's.
std::string_view forced_beginning(const NextEditFormat& format, const PromptText& text);

}  // namespace curlew::model
