/*
 * The inside of a tree of pickup points, for those who build and search it.
 */
#ifndef KTT_CORE_PICKUP_TREE_H
#define KTT_CORE_PICKUP_TREE_H

#include "pickup.h"

/* The tree is balanced over less than 2^32 sites, so no path in it is longer. */
#define KTT_PICKUP_DEPTH_MAX 32

/* Two distances that differ by more are in that order, measured or not. */
#define KTT_PICKUP_CLOSE (2 * KTT_QUICK_ERROR)

typedef struct ktt_pickup_box
{
	double		low[3];
	double		high[3];
} ktt_pickup_box;

/* Nodes stand in preorder: the left child, if any, follows its parent. */
struct ktt_pickup_node
{
	ktt_pickup_box bounds;
	double		radius;			/* the largest of its points */
	uint32_t	first;			/* sites */
	uint32_t	count;
	uint32_t	right;			/* the right child; 0 in a leaf */
};

#endif
