// The parts of a Store. For its bodies.
#pragma once

#include <memory>
#include <vector>

#include "store/day_files.h"
#include "store/head.h"
#include "store/store.h"
#include "store/store_metrics.h"
#include "store/workers.h"
#include "store/writer.h"

namespace tailrace {

struct Store::Impl {
  Impl(StoreOptions given, Metrics& to, const Clock& with)
      : options(std::move(given)),
        clock(with),
        counters(to, options),
        catalog(options),
        days(options.path),
        workers("store-work", threads(options)),
        queries("store-query", threads(options)),
        writer(options, clock, catalog, head, days, workers, counters,
               [this](const PushRequest& request) { tails.show(request); }) {}

  // What an answer makes of a day that cannot be read. True: it is damaged, counted, and left out;
  // that does not go away, and is not to take the other days along. False: there is nothing. An
  // error: it may be readable later, and without it the answer would be wrong.
  Result<bool> leave_out(DayNumber day, const Error& why);

  static std::size_t threads(const StoreOptions& options);

  const StoreOptions options;
  const Clock& clock;
  StoreMetrics counters;
  StreamCatalog catalog;
  Head head;
  DayFiles days;
  TailHub tails;
  Workers workers;
  Workers queries;
  Writer writer;
};

}  // namespace tailrace
