#include "parse/time/missing_year.h"

namespace tailrace {

GoTime with_missing_year(const GoTime& time, std::int64_t now_ns) {
  const int month = civil_from_seconds(time.seconds + time.offset).month;
  const GoTime now = GoTime::at_ns(now_ns, TimeZone::local());
  const CivilTime today = civil_from_seconds(now.seconds + now.offset);
  if (month == 12 && today.month == 1) return time.plus_years(today.year - 1);
  if (month == 1 && today.month == 12) return time.plus_years(today.year + 1);
  return time.plus_years(today.year);
}

}  // namespace tailrace
