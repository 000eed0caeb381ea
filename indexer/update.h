// Bringing the store up to date with the disk: walk -> parser threads -> one writer.
//
// The calling thread walks, then collects what worker threads read and parsed, and commits it as
// segments; between them stands a queue bounded in bytes. Files whose size and time are as stored
// are not read; files whose content the store knows, under whatever name, are not parsed.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "indexer/index.h"
#include "indexer/store.h"

namespace curlew::indexer {

struct UpdateReport {
  int indexed = 0, removed = 0;
  std::map<std::string, int> walk_skipped;  // by reason; files the walk never handed on
  std::vector<std::string> notes;
};

// Files near the `open` ones come first, so that a first index of a large tree soon knows what is
// near. The caller holds the update lock. kCancelled leaves what was committed; any other error leaves
// the state before the failed batch.
Expected<UpdateReport> update_all(Store& store, StoreWriter& writer, const IndexOptions& options,
                                  const std::vector<std::string>& open,
                                  const ProgressCallback& progress, std::stop_token stop);
Status update_some(Store& store, StoreWriter& writer, const IndexOptions& options,
                   const std::vector<std::string>& paths);

}  // namespace curlew::indexer
