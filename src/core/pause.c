#include "pause.h"

void		(*ktt_pause_hook) (void);
