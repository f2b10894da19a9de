#pragma once

#include <string>
#include <vector>

#include "validate/claim.h"

namespace tablewalk {

/// The selection of claims.
struct ClaimChoice {
  std::string data;         ///< folder of the reference data (tb/golden)
  bool short_form = false;  ///< only the quick ones of each group
};

/// Claims about one topic.
struct ClaimGroup {
  const char* name;
  const char* meaning;
  bool needs_data;  ///< files of ClaimChoice::data
  void (*add)(ClaimList& list, const ClaimChoice& choice);
};

/// All groups, in display order.
const std::vector<ClaimGroup>& claim_groups();
/// Throws InputError that names the nearest group.
const ClaimGroup& find_claim_group(const std::string& name);

/// Each adds the claims of one group. Throws InputError for reference data that is missing or unreadable.
void add_table_claims(ClaimList& list, const ClaimChoice& choice);
void add_latency_claims(ClaimList& list, const ClaimChoice& choice);
void add_read_claims(ClaimList& list, const ClaimChoice& choice);
void add_walk_cache_claims(ClaimList& list, const ClaimChoice& choice);
void add_image_claims(ClaimList& list, const ClaimChoice& choice);
void add_miss_claims(ClaimList& list, const ClaimChoice& choice);
void add_program_claims(ClaimList& list, const ClaimChoice& choice);
void add_dram_claims(ClaimList& list, const ClaimChoice& choice);

}  // namespace tablewalk
