// Server-sent events, as far as completions use them: the `data` of each event, whole, however the
// bytes arrive. https://html.spec.whatwg.org/multipage/server-sent-events.html
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "model/error.h"

namespace curlew::model {

class EventReader {
 public:
  static constexpr std::size_t kLineBytesMax = std::size_t{1} << 20;

  // Returns false to stop reading.
  using OnData = std::function<bool(std::string_view data)>;

  // Feeds bytes; calls on_data for every event that they complete. True: go on. False: on_data said
  // stop. Error kRemote: a line without end.
  Expected<bool> feed(std::string_view bytes, const OnData& on_data);

 private:
  bool end_line(const OnData& on_data);

  std::string line_;  // so far
};

}  // namespace curlew::model
