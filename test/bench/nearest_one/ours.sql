SELECT point_id, metres FROM nearest_pickup(ktt.location(:longitude, :latitude), :wave, 1);
