#include "model/remote/event_reader.h"

namespace curlew::model {

Expected<bool> EventReader::feed(std::string_view bytes, const OnData& on_data) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    if (line_.size() + part.size() > kLineBytesMax)
      return fail(Errc::kRemote, "a line of the event stream is longer than {} bytes",
                  kLineBytesMax);
    line_ += part;
    if (end == std::string_view::npos) return true;
    bytes.remove_prefix(end + 1);
    if (!end_line(on_data)) return false;
  }
  return true;
}

// Comments and fields other than `data` are skipped. Every server we know sends one line of data an
// event and some forget the empty line behind the last one, so a line of data is taken as it comes.
bool EventReader::end_line(const OnData& on_data) {
  std::string_view line = line_;
  if (line.ends_with('\r')) line.remove_suffix(1);
  bool go_on = true;
  if (line.starts_with("data:")) {
    line.remove_prefix(5);
    if (line.starts_with(' ')) line.remove_prefix(1);
    go_on = on_data(line);
  }
  line_.clear();
  return go_on;
}

}  // namespace curlew::model
