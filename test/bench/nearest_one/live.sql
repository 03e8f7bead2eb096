SELECT point_id, metres FROM ktt.live_pickups('pickup_points', 'point_loads', 'waves', ktt.location(:longitude, :latitude), :wave, 1);
