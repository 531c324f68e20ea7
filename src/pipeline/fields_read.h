// FieldsRead: which fields somebody reads, while a pipeline is planned from its end to its start.
#pragma once

#include <vector>

#include "model/field.h"

namespace tailrace {

class FieldsRead {
 public:
  void add(FieldId id) {
    if (id >= ids_.size()) ids_.resize(id + 1, false);
    ids_[id] = true;
  }
  // For a stage that looks at the map as a whole.
  void add_all() noexcept { all_ = true; }
  bool has(FieldId id) const { return all_ || (id < ids_.size() && ids_[id]); }

 private:
  std::vector<bool> ids_;
  bool all_ = false;
};

}  // namespace tailrace
