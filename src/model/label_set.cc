#include "model/label_set.h"

namespace tailrace {
namespace {

std::string text_without_tenant(const Labels& labels) {
  if (!labels.find(kTenantLabel)) return labels.text();
  Labels rest = labels;
  rest.erase(kTenantLabel);
  return rest.text();
}

}  // namespace

LabelSet::LabelSet(Labels labels)
    : labels_(std::move(labels)), text_(text_without_tenant(labels_)) {}

}  // namespace tailrace
