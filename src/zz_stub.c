#include "core/match.h"
ktt_status ktt_match_total(const ktt_pickups *p,const ktt_demand *d, size_t c,const ktt_memory *q,ktt_match *m, ktt_fault *f){return ktt_match_nearest(p,d,c,m,f);}
