SELECT point_id, metres FROM ktt.live_pickups('pickup_points', 'point_loads', ktt.location(:longitude, :latitude), :wave, NULL, 1);
